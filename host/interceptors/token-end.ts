import { Code, type ConnectError, type ContextValues, type Interceptor } from "@connectrpc/connect";
import type { Alarms } from "../auth/alarms.ts";
import { callerKey } from "../auth/caller.ts";
import { refuse } from "../auth/refusal.ts";
import { withUnaryStep } from "./unary-step.ts";

type Next = Parameters<Interceptor>[0];

/**
 * Ends a stream when the token it was opened with does: with UNAUTHENTICATED `token expired` for the client, and for the
 * service by the call's signal.
 */
export function tokenEnd(alarms: Alarms): Interceptor {
  const interceptor: Interceptor = next => request => {
    const { expiresAtMs } = request.contextValues.get(callerKey);
    if (!request.stream || expiresAtMs === undefined || request.signal.aborted) return next(request);
    return limited(next, request, ring => alarms.at(expiresAtMs, ring));
  };
  return withUnaryStep(interceptor, next => next);
}

async function limited(
  next: Next,
  request: Parameters<Next>[0],
  atEnd: (ring: () => void) => () => void,
): ReturnType<Next> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const end = new AbortController();
  let stop: (error: ConnectError) => void = reject;
  const callOff = atEnd(() => {
    const error = tokenExpired(request.contextValues);
    end.abort(error);
    stop(error);
  });
  // Aborts however the call ends.
  request.signal.addEventListener("abort", callOff, { once: true });

  const signal = AbortSignal.any([request.signal, end.signal]);
  const response = await Promise.race([next({ ...request, signal }), expired]);
  if (!response.stream) return response;
  const { messages, interrupt } = interruptible(response.message);
  stop = interrupt;
  if (end.signal.aborted) interrupt(end.signal.reason);
  return { ...response, message: messages };
}

function tokenExpired(values: ContextValues): ConnectError {
  return refuse(values, { code: Code.Unauthenticated, message: "token expired", reason: "TOKEN_EXPIRED" });
}

/**
 * Messages that end with an error as soon as `interrupt` is called, even while the producer is silent. Written without
 * `Promise.race`, which would hold every message of a long stream in the memory of its loser.
 */
function interruptible<T>(source: AsyncIterable<T>) {
  const inner = source[Symbol.asyncIterator]();
  let interrupted: ConnectError | undefined;
  let waiting: ((error: ConnectError) => void) | undefined;

  function interrupt(error: ConnectError) {
    interrupted = error;
    waiting?.(error);
    // Runs the producer's `finally`, once it heeds its signal.
    inner.return?.()?.catch(() => undefined);
  }
  const messages: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (interrupted) return Promise.reject(interrupted);
        return new Promise((resolve, reject) => {
          waiting = reject;
          inner.next().then(resolve, reject);
        });
      },
      return: async value => (await inner.return?.(value)) ?? { done: true, value },
    }),
  };
  return { messages, interrupt };
}
