import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type ServerHttp2Stream } from "node:http2";

/** What an HTTP/1.1 client hears whose body did not arrive in time: RFC 9110 section 15.5.9. */
const requestTimeout = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** Ends a request whose body is not there `timeoutMs` after its headers, and calls `onCut`. */
export function limitBody(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | ServerHttp2Stream,
  timeoutMs: number,
  onCut: () => void,
): void {
  if (!hasBody(request)) return;
  const timer = setTimeout(() => {
    if (isComplete(request)) return;
    onCut();
    if ("stream" in request) {
      // gRPC's clients read it as RESOURCE_EXHAUSTED.
      request.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    } else {
      if (!response.headersSent) request.socket.write(requestTimeout);
      request.socket.destroySoon();
    }
  }, timeoutMs);
  response.once("close", () => clearTimeout(timer));
}

function hasBody(request: IncomingMessage | Http2ServerRequest): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}

/** Whether all of the body has arrived, be it read or not. */
function isComplete(request: IncomingMessage | Http2ServerRequest): boolean {
  if (!("stream" in request)) return request.complete;
  return request.stream.destroyed || request.stream.state.remoteClose === 1;
}
