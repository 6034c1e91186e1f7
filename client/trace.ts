import type { Interceptor } from "@connectrpc/connect";
import { formatTraceparent, parseTraceparent, traceparentHeader } from "../protocol/traceparent.ts";

/** The flags of a trace that nobody records: its ids join the logs of all who had a part in it. */
const unrecorded = 0;

/**
 * Names each call's trace by the header `traceparent` (https://www.w3.org/TR/trace-context/): the one that the call's headers
 * name goes on, else a new one begins. `eachCall` comes before retries, `eachAttempt` after them, as each attempt is a span of its own.
 */
export const traces = {
  eachCall: (next => request => {
    const { header } = request;
    if (parseTraceparent(header.get(traceparentHeader)) === undefined) {
      header.set(traceparentHeader, formatTraceparent({ traceId: hex(16), spanId: hex(8), flags: unrecorded }));
    }
    return next(request);
  }) satisfies Interceptor,
  eachAttempt: (next => request => {
    const trace = parseTraceparent(request.header.get(traceparentHeader));
    if (trace) request.header.set(traceparentHeader, formatTraceparent({ ...trace, spanId: hex(8) }));
    return next(request);
  }) satisfies Interceptor,
};

/** Random bytes as hex digits; eight of them are zeros once in longer than the world is old. */
function hex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), byte => byte.toString(16).padStart(2, "0")).join("");
}
