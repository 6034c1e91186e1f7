/** What happens when a stream of messages is over. Exactly one of them is called, once. */
export interface StreamEnd {
  /** The producer has no more messages. */
  completed?(): void;
  /** The producer failed; what this returns is thrown to the consumer instead. */
  failed?(error: unknown): unknown;
  /** The consumer wants no more messages. */
  stopped?(): void;
}

/**
 * Passes messages on untouched and tells how the stream ended. Written without a generator: this runs once a message,
 * and each generator would cost three promises.
 */
export function onStreamEnd<T>(messages: AsyncIterable<T>, end: StreamEnd): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = messages[Symbol.asyncIterator]();
      function pass(result: IteratorResult<T>) {
        if (result.done) end.completed?.();
        return result;
      }
      function fail(error: unknown): never {
        throw end.failed ? end.failed(error) : error;
      }
      return {
        next: () => inner.next().then(pass, fail),
        async return(value) {
          end.stopped?.();
          return (await inner.return?.(value)) ?? { done: true, value };
        },
      };
    },
  };
}
