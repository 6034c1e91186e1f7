import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { ReadyMessages } from "./ready-messages.ts";

/** Has calls, and the streams of their messages, fail with what `named` makes of their errors. */
export function nameErrors(named: (reason: unknown) => unknown): Interceptor {
  const rethrow = (reason: unknown) => {
    throw named(reason);
  };
  return next => async request => {
    const response = await next(request).catch(rethrow);
    if (!response.stream) return response;
    const messages = response.message[Symbol.asyncIterator]();
    return { ...response, message: withNext(messages, () => messages.next().catch(rethrow)) };
  };
}

/** Messages that are read by `next`, and taken by `take`; a reader that leaves them leaves those of the call. */
export function withNext<T>(
  messages: AsyncIterator<T>,
  next: () => Promise<IteratorResult<T>>,
  take?: () => T | undefined,
): AsyncIterable<T> {
  const leave = async (): Promise<IteratorResult<T>> => messages.return?.() ?? { done: true, value: undefined };
  const iterator: ReadyMessages<T> = { next, return: leave, ...(take && { take }) };
  return { [Symbol.asyncIterator]: () => iterator };
}

/**
 * How Connect's transports say that a reply ended before its end, as proxies end those of a server that they have lost;
 * undefined for any other error. Of their codes for that, INVALID_ARGUMENT says that the caller is at fault.
 */
export function cutOff(reason: unknown): string | undefined {
  if (reason instanceof ConnectError && (reason.isWireError || reason.code === Code.Unimplemented)) return undefined;
  const words = reason instanceof ConnectError ? reason.rawMessage : String(reason);
  return /^(protocol error: )?(missing (EndStreamResponse|trailer|status)|incomplete envelope)$/.test(words)
    ? words
    : undefined;
}
