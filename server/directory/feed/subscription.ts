import type { Position } from "../../store/records.ts";
import type { UserStore } from "../../store/user-store.ts";
import { type FeedItem, resumePosition } from "./feed-item.ts";
import { readHistory, type Start } from "./history.ts";
import type { HistoryPages } from "./history-pages.ts";
import type { Hub, HubMember } from "./hub.ts";
import { ItemQueue, type QueueLimits } from "./item-queue.ts";
import type { Selector } from "./selector.ts";
import type { Group } from "./subscriber-index.ts";

/** What a {@link Subscription} needs. */
export interface SubscriptionOptions {
  readonly store: UserStore;
  readonly pages: HistoryPages;
  readonly hub: Hub;
  readonly selector: Selector;
  readonly start: Start;
  readonly limits: QueueLimits;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
  /** The error to end with where the queue is full. The position is the last that was delivered and can be continued. */
  readonly slow: (resume: Position | undefined) => Error;
  /** The error to end with for any other reason. */
  readonly interrupted: (cause: unknown, resume: Position | undefined) => Error;
  /** Called once, however the subscription ends. */
  readonly onEnd: (subscription: Subscription) => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

interface Waiter {
  resolve(result: IteratorResult<FeedItem>): void;
  reject(error: unknown): void;
}

/**
 * One subscriber's items, for one consumer that asks for them one after the other. Written without a generator, for a
 * generator that waits cannot be ended: this one lets go of everything at once when its signal aborts, even where its
 * consumer never asks again.
 */
export class Subscription implements AsyncIterableIterator<FeedItem>, HubMember {
  readonly selector: Selector;
  /** What waits to be asked for. */
  readonly queue: ItemQueue;
  readonly #options: SubscriptionOptions;
  /** What is read by itself; undefined once the subscription follows the hub. */
  #history: AsyncGenerator<readonly FeedItem[], void> | undefined;
  #readingHistory = false;
  #group: Group<HubMember> | undefined;
  #waiter: Waiter | undefined;
  #ended = false;
  #failure: Error | undefined;
  #resume: Position | undefined;
  #quiet = false;

  constructor(options: SubscriptionOptions) {
    const { store, pages, selector, start, limits, signal } = options;
    this.selector = selector;
    this.#options = options;
    this.queue = new ItemQueue(limits);
    this.#resume = start.kind === "after" ? start.position : undefined;
    const join = (position: Position) => this.#join(position);
    this.#history = readHistory({ store, pages, selector, start, join });
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** After what was delivered last; undefined where nothing was that can be continued. */
  get resume(): Position | undefined {
    return this.#resume;
  }

  /** Whether nothing follows any more. */
  get ended(): boolean {
    return this.#ended;
  }

  next(): Promise<IteratorResult<FeedItem>> {
    const item = this.queue.take();
    if (item !== undefined) return Promise.resolve(this.#delivered(item));
    if (this.#ended) return this.#failure === undefined ? Promise.resolve(DONE) : Promise.reject(this.#failure);
    const waiting = new Promise<IteratorResult<FeedItem>>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    if (this.#history !== undefined && !this.#readingHistory) void this.#readHistory(this.#history);
    return waiting;
  }

  /** The consumer wants no more. */
  return(): Promise<IteratorResult<FeedItem>> {
    this.#end(undefined);
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(item: FeedItem): void {
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      waiter.resolve(this.#delivered(item));
    } else if (!this.#ended && !this.queue.add(item)) {
      this.#end(this.#options.slow(this.#resume));
    }
  }

  fail(cause: unknown): void {
    this.#end(this.#options.interrupted(cause, this.#resume));
  }

  /** Called now and then: who waits and has got nothing since the last time gets a bookmark. */
  tick(): void {
    if (this.#quiet && this.#waiter !== undefined && this.#group !== undefined) {
      this.#options.hub.bookmark(this, this.#group);
    }
    this.#quiet = true;
  }

  readonly #onAbort = (): void => {
    this.fail(this.#options.signal.reason);
  };

  #join(position: Position): boolean {
    if (this.#ended) return true;
    this.#group = this.#options.hub.join(this, position);
    return this.#group !== undefined;
  }

  async #readHistory(history: AsyncGenerator<readonly FeedItem[], void>): Promise<void> {
    this.#readingHistory = true;
    try {
      const { done, value } = await history.next();
      if (done) this.#history = undefined;
      else if (!this.#ended) for (const item of value) this.queue.addAnyway(item);
    } catch (error) {
      this.fail(error);
    }
    this.#readingHistory = false;
    const item = this.#waiter && this.queue.take();
    if (item !== undefined) this.push(item);
  }

  #delivered(item: FeedItem): IteratorResult<FeedItem> {
    this.#resume = resumePosition(item) ?? this.#resume;
    this.#quiet = false;
    return { done: false, value: item };
  }

  #end(failure: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.queue.clear();
    this.#options.hub.leave(this);
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#history?.return().catch(() => {});
    this.#history = undefined;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#options.onEnd(this);
    if (failure === undefined) waiter?.resolve(DONE);
    else waiter?.reject(failure);
  }
}
