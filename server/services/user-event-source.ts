import { type FeedItem, resumePosition } from "../directory/feed/feed-item.ts";
import type { Start } from "../directory/feed/history.ts";
import type { Subscription } from "../directory/feed/subscription.ts";

/** What a {@link UserEventSource} needs. */
export interface UserEventSourceOptions<T> {
  /** Begins a subscription. */
  readonly open: (start: Start) => Subscription;
  /** What to deliver for an item. */
  readonly toEvents: (item: FeedItem) => T[];
}

/**
 * A subscription whose items are delivered one event at a time, after a snapshot, and which can be asked to show a user
 * again: between the events before that very state and those after it.
 */
export class UserEventSource<T> implements AsyncIterator<T> {
  readonly #options: UserEventSourceOptions<T>;
  readonly #shows: number[] = [];
  #subscription: Subscription;
  #events: T[] = [];
  #resumable = false;

  constructor(options: UserEventSourceOptions<T>) {
    this.#options = options;
    this.#subscription = options.open({ kind: "snapshot" });
  }

  /** Shows a user as it is now, once it is its turn. */
  show(id: number): void {
    this.#shows.push(id);
    this.#reopen();
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      this.#reopen();
      const subscription = this.#subscription;
      const { done, value } = await subscription.next();
      if (subscription !== this.#subscription && (done || resumePosition(value) === undefined)) {
        // Another one has taken over, and starts with what the last one did not finish.
        continue;
      }
      if (done) return { done, value };
      // Of a transaction in parts, the first ones cannot be taken back.
      this.#resumable = resumePosition(value) !== undefined;
      this.#events.push(...this.#options.toEvents(value));
    }
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#subscription.return();
    return { done: true, value: undefined };
  }

  #reopen(): void {
    const { resume: position, ended } = this.#subscription;
    const show = this.#shows[0];
    if (show === undefined || position === undefined || !this.#resumable || ended) return;
    this.#shows.shift();
    this.#resumable = false;
    void this.#subscription.return();
    this.#subscription = this.#options.open({ kind: "after", position, show });
  }
}
