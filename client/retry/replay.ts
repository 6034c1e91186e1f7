/** What is kept for another attempt: as many messages as the longest import has, and their end. */
const MAX_KEPT = 10_001;

/**
 * The messages of a call's request, as often as they are needed: each attempt opens them anew, those that came in already
 * first. Once too many came in, or an attempt gets a reply, none is kept any longer.
 */
export class Replay<T> {
  readonly #source: AsyncIterator<T>;
  #pulled: Promise<IteratorResult<T>>[] | undefined = [];

  constructor(messages: AsyncIterable<T>) {
    this.#source = messages[Symbol.asyncIterator]();
  }

  /** Whether another attempt can be made. */
  get possible(): boolean {
    return this.#pulled !== undefined;
  }

  /** The messages for an attempt. Those of the attempt before are not read any more. */
  open(): AsyncIterable<T> {
    let index = 0;
    const kept = this.#pulled ?? [];
    const next = () => {
      const pulled = kept[index++];
      if (pulled !== undefined) return pulled;
      const message = this.#source.next();
      if (this.#pulled === kept) {
        kept.push(message);
        if (kept.length > MAX_KEPT) this.commit();
      }
      return message;
    };
    // Connect ends the messages of a call that failed by `throw`; those of the source are wanted by the next attempt.
    const end = async (): Promise<IteratorResult<T>> => ({ done: true, value: undefined });
    return { [Symbol.asyncIterator]: () => ({ next, throw: end, return: end }) };
  }

  /** Keeps no more messages: there will be no other attempt. */
  commit(): void {
    this.#pulled = undefined;
  }
}
