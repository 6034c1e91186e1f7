import { type FeedItem, resumePosition } from "../directory/feed/feed-item.ts";
import type { Start } from "../directory/feed/history.ts";
import type { Subscription } from "../directory/feed/subscription.ts";

/** Requests to show users that may wait before further ones are left unread. */
const MAX_WAITING_SHOWS = 100;

/** What a {@link UserEventSource} needs. */
export interface UserEventSourceOptions<T> {
  /** Begins a subscription. */
  readonly open: (start: Start) => Subscription;
  /** What to deliver for an item. */
  readonly toEvents: (item: FeedItem) => T[];
}

/**
 * A subscription whose items are delivered one event at a time, after a snapshot, and which can be asked to show a user
 * again: between the events before that very state and those after it. For that the subscription is begun anew where it
 * was, one user at a time: one that began with a user to show is left alone until it has shown that user, or the answer
 * would be lost with it.
 */
export class UserEventSource<T> implements AsyncIterator<T> {
  readonly #options: UserEventSourceOptions<T>;
  readonly #shows: (number | "all")[] = [];
  #subscription: Subscription;
  /** The subscription has a snapshot to give first. */
  #showing = true;
  #events: T[] = [];
  /** What was taken last ends a transaction. */
  #resumable = false;
  #room: PromiseWithResolvers<void> | undefined;
  #returned = false;

  constructor(options: UserEventSourceOptions<T>) {
    this.#options = options;
    this.#subscription = options.open({ kind: "snapshot" });
  }

  /** Shows a user, or all, as they are now, once it is their turn. Resolves when there is room to ask for more. */
  async show(id: number | "all"): Promise<void> {
    this.#shows.push(id);
    this.#reopen();
    if (this.#shows.length < MAX_WAITING_SHOWS || this.#returned) return;
    this.#room ??= Promise.withResolvers();
    await this.#room.promise;
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      this.#reopen();
      const subscription = this.#subscription;
      const { done, value } = await subscription.next();
      const resumable = !done && resumePosition(value) !== undefined;
      // Another one has taken over, and starts with what the last one did not finish.
      if (subscription !== this.#subscription && !resumable) continue;
      if (done) return { done, value };
      // Of a transaction in parts, the first ones cannot be taken back.
      this.#resumable = resumable;
      if (value.kind === "synced") this.#showing = false;
      this.#events.push(...this.#options.toEvents(value));
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#returned = true;
    this.#room?.resolve();
    await this.#subscription.return();
    return { done: true, value: undefined };
  }

  #reopen(): void {
    const { resume: position, ended } = this.#subscription;
    if (this.#showing || !this.#resumable || position === undefined || ended) return;
    const show = this.#shows.shift();
    if (show === undefined) return;
    this.#room?.resolve();
    this.#room = undefined;
    this.#showing = true;
    void this.#subscription.return();
    this.#subscription = this.#options.open({ kind: "after", position, show });
  }
}
