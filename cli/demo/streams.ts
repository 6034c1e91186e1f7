/** Yields items as a client's stream sends them. */
export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A stream to which items are added as the conversation goes. */
export interface Conversation<T> extends AsyncIterable<T> {
  send(item: T): void;
  /** Half-closes: nothing more will be sent. */
  end(): void;
}

/** Creates a conversation. */
export function createConversation<T>(): Conversation<T> {
  const unsent: T[] = [];
  let ended = false;
  let wake = () => {};

  // A generator, since Connect ends a request's stream by `throw`.
  async function* stream() {
    for (;;) {
      yield* unsent.splice(0);
      if (ended) return;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  }
  const items = stream();
  return {
    send(item) {
      unsent.push(item);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    [Symbol.asyncIterator]: () => items,
  };
}
