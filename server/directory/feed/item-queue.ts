import type { FeedItem } from "./feed-item.ts";

/** What may wait for one subscriber. */
export interface QueueLimits {
  readonly maxItems: number;
  /** Bytes on the wire, estimated. */
  readonly maxBytes: number;
}

/** What may wait for one subscriber unless told otherwise: two seconds of a busy directory. */
export const QUEUE_LIMITS: QueueLimits = { maxItems: 1000, maxBytes: 1024 * 1024 };

/** Items that wait for their subscriber, in order. They are shared with other queues. */
export class ItemQueue {
  readonly #limits: QueueLimits;
  #items: (FeedItem | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** How many items wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** What they take on the wire, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends an item; returns false where the queue is full. An empty queue takes any item, and a transaction that has
   * begun is taken to its end: else no reader, however fast, would get past one that is larger than the queue.
   */
  add(item: FeedItem): boolean {
    const begins = item.kind !== "transaction" || !item.continues;
    const { maxItems, maxBytes } = this.#limits;
    if (begins && this.size > 0 && (this.size >= maxItems || this.#bytes + item.bytes > maxBytes)) return false;
    this.addAnyway(item);
    return true;
  }

  /** Appends an item that the subscriber has asked for. */
  addAnyway(item: FeedItem): void {
    this.#items.push(item);
    this.#bytes += item.bytes;
  }

  /** Removes the oldest item and returns it. */
  take(): FeedItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= item.bytes;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head === this.#limits.maxItems) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Forgets all items. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
