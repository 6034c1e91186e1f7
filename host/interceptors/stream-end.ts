/** What happens to a stream of messages. When it is over, exactly one of the last three is called, once. */
export interface StreamEnd {
  /** A message came by. */
  passed?(): void;
  /** The producer has no more messages. */
  completed?(): void;
  /** The producer failed; what this returns is thrown to the consumer instead. */
  failed?(error: unknown): unknown;
  /** The consumer wants no more messages. */
  stopped?(): void;
}

/**
 * Passes messages on untouched and tells how the stream ended. A stream that is watched by several, one around the other,
 * costs no more than by one.
 */
export function onStreamEnd<T>(messages: AsyncIterable<T>, end: StreamEnd): AsyncIterable<T> {
  return messages instanceof WatchedStream
    ? new WatchedStream<T>(messages.source, [...messages.ends, end])
    : new WatchedStream(messages, [end]);
}

/** Written without a generator: this runs once a message, and each generator would cost three promises. */
class WatchedStream<T> implements AsyncIterable<T> {
  readonly source: AsyncIterable<T>;
  /** The innermost first. */
  readonly ends: readonly StreamEnd[];

  constructor(source: AsyncIterable<T>, ends: readonly StreamEnd[]) {
    this.source = source;
    this.ends = ends;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    const { ends } = this;
    const inner = this.source[Symbol.asyncIterator]();
    function pass(result: IteratorResult<T>) {
      if (result.done) for (const end of ends) end.completed?.();
      else for (const end of ends) end.passed?.();
      return result;
    }
    function fail(error: unknown): never {
      throw ends.reduce((thrown, end) => (end.failed ? end.failed(thrown) : thrown), error);
    }
    return {
      next: () => inner.next().then(pass, fail),
      async return(value) {
        for (const end of ends.toReversed()) end.stopped?.();
        return (await inner.return?.(value)) ?? { done: true, value };
      },
    };
  }
}
