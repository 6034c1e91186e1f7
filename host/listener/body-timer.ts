import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/** What an HTTP/1.1 client hears whose body did not arrive in time: RFC 9110 section 15.5.9. */
const requestTimeout = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** What is to be ended if its body does not arrive: an HTTP/2 stream, or a request over HTTP/1.1 with its response. */
type Arrival = ServerHttp2Stream | Http1Arrival;

interface Http1Request {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** With its connection: Node takes that from a request whose reader gives up, and leaves null in its place. */
interface Http1Arrival extends Http1Request {
  readonly socket: Socket;
}

/**
 * Watches over a request's body from its headers on, be its response sent or not; over HTTP/1.1 one that `isOpenEnded` from
 * the end of its response on, when nobody is left to read what it says.
 */
export type BodyLimit = (arrival: ServerHttp2Stream | Http1Request, isOpenEnded?: boolean) => void;

/**
 * Ends requests whose bodies are not there within `timeoutMs`, and calls `onCut` with their socket. Most bodies come with
 * the headers, in one turn of the event loop: they cost no timer.
 */
export function limitBodies(timeoutMs: number, onCut: (socket: Socket | undefined) => void): BodyLimit {
  let arrived: Arrival[] = [];

  function startTimers() {
    const arrivals = arrived;
    arrived = [];
    for (const arrival of arrivals) if (!isOver(arrival)) startTimer(arrival);
  }
  function startTimer(arrival: Arrival) {
    const timer = setTimeout(() => {
      if (isOver(arrival)) return;
      if ("request" in arrival) {
        const { response, socket } = arrival;
        onCut(socket);
        if (!response.headersSent) socket.write(requestTimeout);
        socket.destroySoon();
      } else {
        onCut(arrival.session?.socket);
        // gRPC's clients read it as RESOURCE_EXHAUSTED.
        arrival.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      }
    }, timeoutMs);
    if (!("request" in arrival)) {
      arrival.once("close", () => clearTimeout(timer));
      return;
    }
    const { request, socket } = arrival;
    function stop() {
      clearTimeout(timer);
      request.off("close", stop);
      socket.off("close", stop);
    }
    request.once("close", stop);
    // Node tells a request that has its response nothing of its connection's end.
    socket.once("close", stop);
  }

  function watch(arrival: Arrival) {
    if (arrived.length === 0) setImmediate(startTimers);
    arrived.push(arrival);
  }
  return (begun, isOpenEnded = false) => {
    if (!hasBody(begun)) return;
    const arrival = "request" in begun ? { ...begun, socket: begun.request.socket } : begun;
    if (!isOpenEnded) watch(arrival);
    else if ("request" in arrival) arrival.response.once("close", () => watch(arrival));
  };
}

function hasBody(arrival: ServerHttp2Stream | Http1Request): boolean {
  if (!("request" in arrival)) return !arrival.endAfterHeaders;
  const { "content-length": length, "transfer-encoding": encoding } = arrival.request.headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}

/** Whether all of the body has arrived, be it read or not, or never will. */
function isOver(arrival: Arrival): boolean {
  if ("request" in arrival) return arrival.request.complete || arrival.socket.destroyed;
  return arrival.readableEnded || arrival.destroyed || arrival.state.remoteClose === 1;
}
