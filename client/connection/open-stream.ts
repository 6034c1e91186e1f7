import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
} from "node:http2";

/**
 * Starts a request whose stream, where it is closed before the request is whole, is reset with CANCEL and nothing else, as
 * gRPC has it for all that a client ends early. Node.js 26 ends the request first (END_STREAM, a write before that of
 * RST_STREAM), so that a server takes the part that it has for all of it: half an import would be stored. Where the connection
 * is lost Node.js closes the stream itself, and nothing is sent.
 */
export function openStream(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  options: Omit<ClientSessionRequestOptions, "signal">,
): ClientHttp2Stream {
  const cancel = new AbortController();
  const stream = session.request(headers, { ...options, signal: cancel.signal });
  const close = stream.close.bind(stream);
  stream.close = (code, callback) => {
    const lost = session.destroyed || session.socket.destroyed;
    if (lost || stream.writableEnded || stream.closed || stream.destroyed) return close(code, callback);
    if (callback) stream.once("close", callback);
    cancel.abort();
  };
  return stream;
}
