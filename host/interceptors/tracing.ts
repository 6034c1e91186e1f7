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

/** What each call passes: the gate before its body is read, then the interceptors. */
interface Chain {
  readonly interceptors: Interceptor[];
  readonly requestGate?: ((context: HandlerContext) => void | Promise<void>) | undefined;
}

/** Makes a span of each call around all interceptors, once the gate has said who calls, whether or not it lets them. */
export function traced({ interceptors, requestGate }: Chain, { begin, interceptor }: Tracing): Chain {
  return {
    interceptors: [interceptor, ...interceptors],
    requestGate(context) {
      let waiting: void | Promise<void>;
      try {
        waiting = requestGate?.(context);
      } catch (error) {
        begin(context);
        throw error;
      }
      // Who is known is not made to wait, not even for a turn of the microtask queue.
      if (waiting === undefined) begin(context);
      else return waiting.finally(() => begin(context));
    },
  };
}
