import type { RequestListener } from "node:http";
import * as http2 from "node:http2";
import { serveRequest } from "../http2-bridge/serve-request.ts";
import { limitBodies } from "./body-timer.ts";
import { continueStream, isContinue } from "./expectations.ts";
import { http2Options, maxHeaderBytes } from "./http-options.ts";
import type { Http2Server, Http2ServerOptions } from "./http2-server.ts";
import { noStreams } from "./port-counts.ts";
import { createRefusalWatch } from "./refusals.ts";

/** A stream that fails is closed, and that is told. */
function ignoreError(): void {}

/** The status that answers an HTTP/2 request which nobody is to see; undefined for all others. */
function refusalOf({ expect }: http2.IncomingHttpHeaders, rawHeaders: readonly string[]): number | undefined {
  if (headerBytes(rawHeaders) > maxHeaderBytes) return 431;
  return expect === undefined || isContinue(expect) ? undefined : 417;
}

/** Serves HTTP/2 by `node:http2`. */
export function createNodeHttp2({ limits, express, isOpenEnded, onCut }: Http2ServerOptions): Http2Server {
  const server = http2.createServer(http2Options(limits));
  const refusals = createRefusalWatch(limits.maxRefusedRequests);
  const limitBody = limitBodies(limits.bodyTimeoutMs, socket => {
    onCut("body", `${socket?.remoteAddress}:${socket?.remotePort}`);
  });
  let handler: RequestListener = () => undefined;

  // In place of `request`, for which Node makes two objects and a dozen listeners a stream, whoever answers it.
  server.on("stream", (stream: http2.ServerHttp2Stream, headers, _flags, rawHeaders) => {
    stream.on("error", ignoreError);
    // What one read brings is told one by one, and by then the stream may be reset, or its connection over.
    if (stream.destroyed || stream.closed) return;
    const refusal = refusalOf(headers, rawHeaders);
    if (refusal !== undefined) {
      stream.respond({ ":status": refusal }, { endStream: true });
      return;
    }
    if (headers.expect !== undefined) continueStream(stream);
    if (!isOpenEnded(headers[":path"] ?? "")) limitBody(stream);
    if (!express?.takeStream(stream, headers, rawHeaders)) serveRequest(handler, stream, headers, rawHeaders);
  });

  return {
    counts: noStreams(),
    serve(socket, connection) {
      // A session outlives its client's FIN otherwise: only HTTP/1.1 clients half-close and wait for the answer.
      socket.allowHalfOpen = false;
      // Node takes an HTTP/2 session from no other TLS socket; without ALPN the preface decides.
      if ("alpnProtocol" in socket) socket.alpnProtocol = "h2";
      server.once("session", session => connection.startHttp2(session, socket, refusals));
      server.emit("connection", socket);
    },
    handleBy(given) {
      handler = given;
    },
  };
}

/** What a field counts beside its name and value: RFC 9113 section 6.5.2. */
const fieldOverhead = 32;

/**
 * The size of a header list as RFC 9113 section 6.5.2 counts it, from names and values in turn.
 *
 * Node holds HTTP/2 clients to a size only once they have acknowledged it, and they need not.
 */
function headerBytes(rawHeaders: readonly string[]): number {
  let bytes = (rawHeaders.length / 2) * fieldOverhead;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}
