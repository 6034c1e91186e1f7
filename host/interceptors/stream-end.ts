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

/**
 * A stream with those who are told of its end; without anybody where it is not watched. Whoever reads `source` itself, which
 * spares each message two promises, tells them by `passed`, `completed`,
 * `failed` and `stopped`.
 */
export function asWatched<T>(messages: AsyncIterable<T>): WatchedStream<T> {
  return messages instanceof WatchedStream ? messages : new WatchedStream(messages, []);
}

/** Written without a generator: this runs once a message, and each generator would cost three promises. */
export class WatchedStream<T> implements AsyncIterable<T>, StreamEnd {
  readonly source: AsyncIterable<T>;
  /** The innermost first. */
  readonly ends: readonly StreamEnd[];

  constructor(source: AsyncIterable<T>, ends: readonly StreamEnd[]) {
    this.source = source;
    this.ends = ends;
  }

  passed(): void {
    for (const end of this.ends) end.passed?.();
  }

  completed(): void {
    for (const end of this.ends) end.completed?.();
  }

  /** Returns what the consumer is thrown. */
  failed(error: unknown): unknown {
    return this.ends.reduce((thrown, end) => (end.failed ? end.failed(thrown) : thrown), error);
  }

  stopped(): void {
    for (const end of this.ends.toReversed()) end.stopped?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    const inner = this.source[Symbol.asyncIterator]();
    const pass = (result: IteratorResult<T>) => {
      if (result.done) this.completed();
      else this.passed();
      return result;
    };
    const fail = (error: unknown): never => {
      throw this.failed(error);
    };
    return {
      next: () => inner.next().then(pass, fail),
      return: async value => {
        this.stopped();
        return (await inner.return?.(value)) ?? { done: true, value };
      },
    };
  }
}
