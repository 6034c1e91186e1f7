import { PositionAheadError, PositionTrimmedError } from "../../store/errors.ts";
import type { Position } from "../../store/records.ts";
import type { UserStore } from "../../store/user-store.ts";
import { BookmarkClock } from "./bookmark-clock.ts";
import { type CapLimits, SubscriptionCaps } from "./caps.ts";
import { FeedInterruptedError, HistoryTrimmedError, OtherDatabaseError, SlowSubscriberError } from "./errors.ts";
import { type FeedItem, resumePosition } from "./feed-item.ts";
import type { Start } from "./history.ts";
import { HistoryPages } from "./history-pages.ts";
import { Hub } from "./hub.ts";
import { QUEUE_LIMITS, type QueueLimits } from "./item-queue.ts";
import { PATIENCE_MS, withPatience } from "./patience.ts";
import { createResumeTokens } from "./resume-token.ts";
import type { Selector } from "./selector.ts";
import { Subscription } from "./subscription.ts";

/** What a feed needs. */
export interface FeedOptions extends CapLimits {
  readonly store: UserStore;
  /** An idle subscriber gets a bookmark after one to two times as many milliseconds. */
  readonly bookmarkIntervalMs: number;
  /** Milliseconds between two looks at the store where no commit was hinted at. Defaults to 1,000. */
  readonly pollMs?: number;
  /** Milliseconds that subscriptions outlive a store that is out of reach. Defaults to {@link PATIENCE_MS}. */
  readonly patienceMs?: number;
  /** Told, as events are handed to those that follow, of the milliseconds since they happened. */
  readonly onDelivered?: (ms: number) => void;
  /** What may wait for one subscriber. Defaults to {@link QUEUE_LIMITS}. */
  readonly queue?: QueueLimits;
}

/** Where a subscription starts; with the resume token of an item, after that item. */
export type FeedStart = Start | { readonly kind: "resume"; readonly token: string };

/** What a subscriber asks for. */
export interface SubscribeOptions {
  readonly selector: Selector;
  readonly start: FeedStart;
  /** Ends the subscription; its reason is the cause of the error. */
  readonly signal: AbortSignal;
  /** Whom to count the subscription for. */
  readonly caller: string;
}

/** Everything that happens in a directory, in the order in which it was committed, to everyone who asks. */
export interface Feed {
  /**
   * Begins a subscription; the first item is a bookmark, and comes at once. It ends with a `FeedEndedError`, or where its
   * consumer returns. Throws `TooManySubscriptionsError`, `OtherDatabaseError` and `InvalidFieldError` for a token.
   */
  subscribe(options: SubscribeOptions): Subscription;
  /** The token that goes on after an item; empty where there is none. */
  tokenAfter(item: FeedItem): string;
  /** The token that goes on after what a subscription has delivered; empty where there is none. */
  tokenOf(subscription: Subscription): string;
  /** Counts a stream of another kind among the subscriptions; returns how to give it back. Throws as `subscribe`. */
  admit(caller: string): () => void;
  /** How many subscriptions there are. */
  readonly subscribers: number;
  /** What waits in all their queues together; the bytes are estimated. */
  readonly waiting: { readonly messages: number; readonly bytes: number };
}

/** Makes the feed of a store. It holds no timer and no listener while it has no subscribers. */
export function createFeed(options: FeedOptions): Feed {
  const { bookmarkIntervalMs, pollMs = 1000, patienceMs = PATIENCE_MS, queue: limits = QUEUE_LIMITS } = options;
  const store = withPatience(options.store, patienceMs);
  const tokens = createResumeTokens(store.identity);
  const caps = new SubscriptionCaps(options);
  const hub = new Hub({ store, pollMs, onDelivered: options.onDelivered });
  const pages = new HistoryPages({ store, hub });
  const clock = new BookmarkClock(bookmarkIntervalMs);
  const open = new Set<Subscription>();

  function seal(position: Position | undefined, selector: Selector): string {
    return position === undefined ? "" : tokens.seal(position, selector);
  }

  return {
    subscribe({ selector, start, signal, caller }) {
      const from: Start =
        start.kind === "resume" ? { kind: "after", position: tokens.open(start.token, selector) } : start;
      const release = caps.take(caller);
      const subscription = new Subscription({
        store,
        pages,
        hub,
        selector,
        start: from,
        limits,
        signal,
        slow(resume) {
          const message = `the subscriber is more than ${limits.maxItems} messages or ${limits.maxBytes} bytes behind`;
          return new SlowSubscriberError(message, seal(resume, selector));
        },
        interrupted(cause, resume) {
          if (cause instanceof PositionTrimmedError) {
            return new HistoryTrimmedError(cause.message, tokens.seal(cause.oldest, selector), cause);
          }
          if (cause instanceof PositionAheadError) return new OtherDatabaseError();
          return new FeedInterruptedError("the feed was interrupted", seal(resume, selector), cause);
        },
        onEnd(ended) {
          clock.delete(ended);
          open.delete(ended);
          if (open.size === 0) pages.clear();
          release();
        },
      });
      if (subscription.ended) return subscription;
      clock.add(subscription);
      open.add(subscription);
      return subscription;
    },
    tokenAfter: item => (item.kind === "snapshot" ? "" : seal(resumePosition(item), item.selector)),
    tokenOf: ({ resume, selector }) => seal(resume, selector),
    admit: caller => caps.take(caller),
    get subscribers() {
      return caps.total;
    },
    get waiting() {
      let messages = 0;
      let bytes = 0;
      for (const { queue } of open) {
        messages += queue.size;
        bytes += queue.bytes;
      }
      return { messages, bytes };
    },
  };
}
