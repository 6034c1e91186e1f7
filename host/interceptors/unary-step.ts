import type { Message } from "@bufbuild/protobuf";
import type { HandlerContext, Interceptor } from "@connectrpc/connect";

/**
 * Takes a unary call on, to its reply's message; headers and trailers are the context's own. Returns a promise only where it
 * has to wait: most calls need none, and a promise in each interceptor costs more than what the interceptor does.
 */
export type UnaryStep = (context: HandlerContext, request: Message) => Message | Promise<Message>;

/** An interceptor's work on unary calls, put around the step that follows. */
export type WrapStep = (next: UnaryStep) => UnaryStep;

const wraps = new WeakMap<Interceptor, WrapStep>();

/**
 * Says that an interceptor does to unary calls what `wrap` does, so that a lane may leave its request, response and promises
 * out. Returns the interceptor.
 */
export function withUnaryStep(interceptor: Interceptor, wrap: WrapStep): Interceptor {
  wraps.set(interceptor, wrap);
  return interceptor;
}

/**
 * Puts interceptors around the innermost step, the first of them outermost; undefined where one of them has no step, as
 * those from elsewhere: these want to see Connect's request and response.
 */
export function joinSteps(interceptors: readonly Interceptor[], innermost: UnaryStep): UnaryStep | undefined {
  let step = innermost;
  for (const interceptor of interceptors.toReversed()) {
    const wrap = wraps.get(interceptor);
    if (wrap === undefined) return undefined;
    step = wrap(step);
  }
  return step;
}

/** Whether a value is to be waited for. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
