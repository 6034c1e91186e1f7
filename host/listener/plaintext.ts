import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { maxHeaderBytes } from "./http-options.ts";

/** A host that may stand in a Location header: a name or an address, and a port (RFC 3986 section 3.2, without user). */
const fitHost = /^(?:[a-z\d](?:[a-z\d.-]{0,253}[a-z\d])?|\[[a-f\d:.]{2,45}\])(?::\d{1,5})?$/i;

/** A path of the visible ASCII characters, as a request line has it. */
const fitPath = /^\/[\x21-\x7e]*$/;

/** SETTINGS without entries and GOAWAY with HTTP_1_1_REQUIRED (RFC 9113 sections 6.5, 6.8 and 7). */
const refusal = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0d]);

/** Answers who speaks without TLS on a port that wants it. */
export interface Plaintext {
  /** Redirects an HTTP/1.1 request to the same host, port and path over TLS. */
  redirect(socket: Socket): void;
  /** Tells an HTTP/2 client that it is not served so, and closes. */
  refuse(socket: Socket): void;
}

/** Creates the answers. Whoever holds the sockets ends those that take too long. */
export function createPlaintext(): Plaintext {
  const server = createServer({ maxHeaderSize: maxHeaderBytes, keepAlive: false }, answer);
  return {
    redirect: socket => void server.emit("connection", socket),
    refuse(socket) {
      socket.end(refusal);
      socket.resume();
    },
  };
}

/** 308 keeps the method and the body (RFC 9110 section 15.4.9): a call stays a call. */
function answer({ headers: { host = "" }, url = "" }: IncomingMessage, response: ServerResponse) {
  response.shouldKeepAlive = false;
  if (fitHost.test(host) && fitPath.test(url)) {
    response.writeHead(308, { location: `https://${host}${url}`, "content-length": 0 }).end();
  } else {
    const text = "this port speaks TLS\n";
    response.writeHead(400, { "content-type": "text/plain", "content-length": text.length }).end(text);
  }
}
