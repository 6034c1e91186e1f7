import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { openStore } from "../../store/open-store.ts";
import type { EventRecord } from "../../store/records.ts";
import type { UserStore } from "../../store/user-store.ts";
import { createDirectory } from "../directory.ts";
import { createFeed, type FeedOptions, type FeedStart } from "./feed.ts";
import type { FeedItem } from "./feed-item.ts";
import type { Selector } from "./selector.ts";
import type { Subscription } from "./subscription.ts";

/** All events. */
export const ALL: Selector = { kind: "all" };

/** Opens a feed on an empty store until the test ends, by when nothing may be left of any subscription. */
export async function openFeed(t: TestContext, options: Partial<FeedOptions> = {}) {
  const store = await openStore("sqlite::memory:");
  const limits = { maxSubscribers: 10_000, maxSubscribersPerCaller: 10_000, bookmarkIntervalMs: 3_600_000 };
  const feed = createFeed({ store, ...limits, ...options });
  const stop = new AbortController();
  t.after(async () => {
    stop.abort(new Error("the test is over"));
    assert.equal(feed.subscribers, 0);
    await store.close();
  });
  const subscribe = (selector: Selector, start: FeedStart, signal = stop.signal): Subscription =>
    feed.subscribe({ selector, start, signal, caller: "test" });
  return { store, feed, directory: createDirectory({ store }), subscribe };
}

/** Reads events until there are as many, and returns them. */
export async function takeEvents(subscription: Subscription, count: number): Promise<EventRecord[]> {
  const events: EventRecord[] = [];
  while (events.length < count) {
    const item = await take(subscription);
    if (item.kind === "transaction") events.push(...item.events);
  }
  return events;
}

/** Reads one item. */
export async function take(subscription: Subscription): Promise<FeedItem> {
  const { value, done } = await subscription.next();
  assert.ok(!done, "the subscription goes on");
  return value;
}

/** Stores users with these names, in one transaction. */
export async function createUsers(store: UserStore, ...names: string[]): Promise<void> {
  const users = names.map(name => ({ name, email: `${name}@example.com`, role: "viewer" }) as const);
  const result = await store.write({ kind: "create", time: Date.now(), users });
  assert.equal(result.status, "created");
}
