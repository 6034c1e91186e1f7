import { Code, ConnectError } from "@connectrpc/connect";
import { InvalidFieldError } from "../directory/errors.ts";
import { errorInfo } from "./errors.ts";

/** Returns each item as a function makes it. What the function throws ends the stream, and its source. */
export function map<T, R>(items: AsyncIterable<T>, make: (item: T) => R): AsyncIterableIterator<R> {
  const source = items[Symbol.asyncIterator]();
  const made = mapLive(source, make);
  const next = () =>
    made.next().catch(async (error: unknown) => {
      await source.return?.();
      throw error;
    });
  return { ...made, next };
}

/** Returns the items after the first `offset`, at most `limit` of them; a limit of 0 means all. */
export async function* range<T>(items: AsyncIterable<T>, offset: number, limit: number): AsyncGenerator<T> {
  const end = limit === 0 ? Number.POSITIVE_INFINITY : offset + limit;
  let index = 0;
  for await (const item of items) {
    if (index >= offset) yield item;
    index += 1;
    if (index === end) return;
  }
}

/**
 * Returns each item of a client's stream as a function makes it. An error that says the item is bad, of the function or
 * of the interceptor that validates what arrives, gets the index of the item into its text and details.
 */
export async function* mapItems<T, R>(items: AsyncIterable<T>, make: (item: T) => R): AsyncGenerator<R> {
  let index = 0;
  try {
    for await (const item of items) {
      yield make(item);
      index += 1;
    }
  } catch (error) {
    throw withIndex(error, index);
  }
}

function withIndex(error: unknown, index: number): unknown {
  if (error instanceof InvalidFieldError) {
    const { field, message, reason } = error;
    return new InvalidFieldError(field, `user ${index}: ${message}`, reason, index);
  }
  if (error instanceof ConnectError && error.code === Code.InvalidArgument) {
    const named = new ConnectError(`user ${index}: ${error.rawMessage}`, error.code, error.metadata, undefined, error);
    named.details = [...error.details, errorInfo("INVALID_FIELD", index)];
    return named;
  }
  return error;
}

/**
 * Returns each item as a function makes it, like {@link map}, but without a generator: asked for by `return`, the source
 * ends at once, even while it is waiting.
 */
export function mapLive<T, R>(items: AsyncIterator<T>, make: (item: T) => R): AsyncIterableIterator<R> {
  function pass(result: IteratorResult<T>): IteratorResult<R> {
    return result.done ? result : { done: false, value: make(result.value) };
  }
  return {
    next: () => items.next().then(pass),
    async return() {
      await items.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
