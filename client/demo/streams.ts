/** Items as a client's stream sends them. */
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
  const { readable, writable } = new TransformStream<T, T>(undefined, { highWaterMark: 64 });
  const writer = writable.getWriter();
  // One for all who ask: Connect asks a second time to end it.
  const items = readable.values();
  return {
    send(item) {
      writer.write(item).catch(unread);
    },
    end() {
      writer.close().catch(unread);
    },
    [Symbol.asyncIterator]: () => items,
  };
}

/** A call that has ended reads no more; what became of it is told by its replies. */
function unread() {}
