/**
 * Returns the items of pages one by one. Written without a generator, which costs three promises an item where this costs
 * one: streams of a million items are bound by that. Ended by `return` or by the signal, it asks for no further page.
 */
export function flatten<T>(pages: AsyncIterable<readonly T[]>, signal?: AbortSignal): AsyncIterableIterator<T> {
  const source = pages[Symbol.asyncIterator]();
  let page: readonly T[] = [];
  let index = 0;

  /** Turns the page. */
  async function turn(): Promise<IteratorResult<T>> {
    for (;;) {
      if (signal?.aborted) return end();
      const next = await source.next();
      if (next.done) return { done: true, value: undefined };
      page = next.value;
      index = 0;
      if (page.length > 0) return { done: false, value: page[index++] as T };
    }
  }

  async function end(): Promise<IteratorResult<T>> {
    page = [];
    await source.return?.();
    return { done: true, value: undefined };
  }

  return {
    next() {
      if (index >= page.length || signal?.aborted) return turn();
      return Promise.resolve({ done: false, value: page[index++] as T });
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
