import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type ServerHttp2Stream } from "node:http2";

/** What an HTTP/1.1 client hears whose body did not arrive in time: RFC 9110 section 15.5.9. */
const requestTimeout = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** What is to be ended if its body does not arrive. */
interface Arrival {
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly response: ServerResponse | ServerHttp2Stream;
}

/** Watches over a request's body from its headers on. */
export type BodyLimit = (request: Arrival["request"], response: Arrival["response"]) => void;

/**
 * Ends requests whose bodies are not there `timeoutMs` after their headers, and calls `onCut`. Most bodies come with the
 * headers, in one turn of the event loop: they cost no timer.
 */
export function limitBodies(timeoutMs: number, onCut: (request: Arrival["request"]) => void): BodyLimit {
  let arrived: Arrival[] = [];

  function startTimers() {
    const arrivals = arrived;
    arrived = [];
    for (const arrival of arrivals) if (!isComplete(arrival.request)) startTimer(arrival);
  }
  function startTimer({ request, response }: Arrival) {
    const timer = setTimeout(() => {
      if (isComplete(request)) return;
      onCut(request);
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

  return (request, response) => {
    if (!hasBody(request)) return;
    if (arrived.length === 0) setImmediate(startTimers);
    arrived.push({ request, response });
  };
}

function hasBody(request: IncomingMessage | Http2ServerRequest): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}

/** Whether all of the body has arrived, be it read or not. */
function isComplete(request: IncomingMessage | Http2ServerRequest): boolean {
  if (!("stream" in request)) return request.complete;
  const { stream } = request;
  return stream.readableEnded || stream.destroyed || stream.state.remoteClose === 1;
}
