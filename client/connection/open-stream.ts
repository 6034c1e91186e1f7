import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { lost } from "./stream-errors.ts";

/**
 * Starts a request on a stream that tells the truth about its end, where one of Node.js does not:
 * - closed before the request is whole, it is reset with CANCEL and nothing else;
 * - ended by the server before the reply is whole, it fails.
 */
export function openStream(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  options: Omit<ClientSessionRequestOptions, "signal">,
): ClientHttp2Stream {
  const cancel = new AbortController();
  const stream = session.request(headers, { ...options, signal: cancel.signal });
  resetWhenClosed(session, stream, cancel);
  failWhenCut(session, stream);
  return stream;
}

/**
 * gRPC resets with CANCEL all that a client ends early. Node.js 26 ends the request first (END_STREAM, a write before that
 * of RST_STREAM), so that a server takes the part that it has for all of it: half an import would be stored. Where the
 * connection is lost Node.js closes the stream itself, and nothing is sent.
 */
function resetWhenClosed(session: ClientHttp2Session, stream: ClientHttp2Stream, cancel: AbortController): void {
  const close = stream.close.bind(stream);
  stream.close = (code, callback) => {
    const lost = session.destroyed || session.socket.destroyed;
    if (lost || stream.writableEnded || stream.closed || stream.destroyed) return close(code, callback);
    if (callback) stream.once("close", callback);
    cancel.abort();
  };
}

/**
 * A reply is whole when END_STREAM came (RFC 9113 section 8.1). Node.js ends its stream in the same way after
 * RST_STREAM(NO_ERROR), but only then is the stream closed before it ends; half a reply would be taken for one. A lost
 * connection closes streams without an error as well, which Connect's transport would take for CANCELED.
 */
function failWhenCut(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
  let answered = false;
  let whole = false;
  stream.once("response", () => {
    answered = true;
  });
  // Kept: a stream can fail after its call has ended, too.
  stream.on("error", () => {});
  const push = stream.push.bind(stream);
  stream.push = (chunk, encoding) => {
    // Where the reader is slow Node.js ends the stream a second time, when it closes.
    if (chunk === null && !stream.closed) whole = true;
    if (chunk !== null || whole || stream.destroyed) return push(chunk, encoding);
    // The event of headers that came in the same packet is yet to be emitted.
    process.nextTick(() => {
      const error = answered
        ? lost(undefined, "the server ended the reply before its end")
        : new ConnectError("the server ended the call without a reply", Code.Internal);
      stream.destroy(error);
    });
    return false;
  };
  stream.once("close", () => {
    if (stream.rstCode === constants.NGHTTP2_CANCEL && session.destroyed) stream.emit("error", lost());
  });
}
