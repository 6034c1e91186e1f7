import type { HandlerContext, Interceptor } from "@connectrpc/connect";
import type { OnCallEnd } from "./call-end.ts";

/** Makes spans of calls: see `concierge/otel`. */
export interface Tracing {
  /** A call has passed the gate, or was refused there. A tracer sets `spanKey`, so that logs and metrics name the span. */
  readonly begin: (context: HandlerContext) => void;
  /** Runs the call, within its span. To be the outermost. */
  readonly interceptor: Interceptor;
  /** A call is over: also one that never came to the gate. */
  readonly end: OnCallEnd;
}
