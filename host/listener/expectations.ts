import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";

/** Whether an HTTP/2 request's `expect` is one that is met: RFC 9110 section 10.1.1 knows no other. */
export function isContinue(expect: string): boolean {
  return expect.toLowerCase() === "100-continue";
}

/** As {@link continueStream}, over HTTP/1.1. */
export function continueRequest(request: IncomingMessage, response: ServerResponse): void {
  onFirstRead(request, () => {
    if (!response.headersSent) response.writeContinue();
  });
}

/**
 * Tells a client that waits for it to continue when somebody first reads its body. Node would at once: who is refused by
 * the headers alone has no body to send.
 */
export function continueStream(stream: ServerHttp2Stream): void {
  onFirstRead(stream, () => {
    if (!stream.headersSent && !stream.destroyed) stream.additionalHeaders({ ":status": 100 });
  });
}

function onFirstRead(body: Readable, tell: () => void): void {
  const { _read } = body;
  body._read = size => {
    body._read = _read;
    tell();
    body._read(size);
  };
}
