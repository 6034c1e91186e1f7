import type { RequestListener } from "node:http";
import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { ClientConnection } from "../interceptors/call-source.ts";
import { type BridgedStream, HostStream } from "./host-stream.ts";

/**
 * Serves an HTTP/2 stream of Node's by a handler for HTTP/1.1, as Node does where somebody listens to a server's `request`
 * event: with the request and the response of its compatibility layer. CONNECT is answered 405.
 */
export function serveRequest(
  handler: RequestListener,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): void {
  const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
  const response = new Http2ServerResponse(stream);
  if (headers[":method"] === "CONNECT") {
    response.writeHead(405).end();
    return;
  }
  // What handlers of HTTP/1.1 ask of a request and its response, these two have.
  handler(...([request, response] as unknown as Parameters<RequestListener>));
}

/** Does the same with a stream of our engine. */
export function serveStream(handler: RequestListener, stream: BridgedStream, client: ClientConnection): void {
  const { method, path, scheme, authority, rawHeaders, headers } = stream.request;
  // A copy: requests of the same bytes share their head, and Fastify writes into it.
  const own: IncomingHttpHeaders = { ":method": method, ":path": path, ":scheme": scheme };
  if (rawHeaders.includes(":authority")) own[":authority"] = authority;
  Object.assign(own, headers);
  serveRequest(handler, new HostStream(stream, client) as unknown as ServerHttp2Stream, own, rawHeaders);
}
