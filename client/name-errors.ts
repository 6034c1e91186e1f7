import type { Interceptor } from "@connectrpc/connect";

/** Has calls, and the streams of their messages, fail with what `named` makes of their errors. */
export function nameErrors(named: (reason: unknown) => unknown): Interceptor {
  const rethrow = (reason: unknown) => {
    throw named(reason);
  };
  return next => async request => {
    const response = await next(request).catch(rethrow);
    if (!response.stream) return response;
    const messages = response.message[Symbol.asyncIterator]();
    const message = { [Symbol.asyncIterator]: () => ({ next: () => messages.next().catch(rethrow) }) };
    return { ...response, message };
  };
}
