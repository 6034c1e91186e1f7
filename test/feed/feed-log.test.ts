import assert from "node:assert/strict";
import { test } from "node:test";
import { createFeed } from "../../server/directory/feed/feed.ts";
import { createFeedMessages } from "../../server/services/feed-messages.ts";
import { openStore } from "../../server/store/open-store.ts";
import type { EventPage, UserStore } from "../../server/store/user-store.ts";
import { checkRecord, type FeedRecord, newRecord, readLog, recordMessage } from "./feed-log.ts";

const SELECTOR = { kind: "all" } as const;

/** Records what a subscriber gets of ten transactions, from a hub whose reads of the history go through `tamper`. */
async function recordOf(tamper: (page: EventPage) => EventPage): Promise<() => void> {
  await using store = await openStore("sqlite::memory:");
  const tampered: UserStore = {
    ...store,
    readEvents: async (after, limit) => tamper(await store.readEvents(after, limit)),
  };
  const caps = { maxSubscribers: 1, maxSubscribersPerCaller: 1, bookmarkIntervalMs: 3_600_000 };
  const feed = createFeed({ store: tampered, ...caps });
  const toMessage = createFeedMessages({ feed });
  const { signal } = new AbortController();
  const messages = feed.subscribe({ selector: SELECTOR, start: { kind: "snapshot" }, signal, caller: "" });
  const record: FeedRecord = { ...newRecord(SELECTOR, "snapshot"), finished: true };
  const read = async () => recordMessage(record, toMessage((await messages.next()).value));
  for (let i = 0; i < 2; i++) await read();
  for (let i = 0; i < 10; i++) {
    const next = read();
    const user = (name: string) => ({ name, email: `${name}${i}@example.com`, role: "viewer" }) as const;
    await store.write({ kind: "create", time: i, users: [user("a"), user("b")] });
    // The reader of a hub that loses something is not kept waiting for it.
    await Promise.race([next, new Promise(resolve => setTimeout(resolve, 100))]);
  }
  const log = await readLog(store);
  await messages.return();
  return () => checkRecord(log, record);
}

test("the check passes a hub that is as it should be", async () => {
  (await recordOf(page => page))();
});

test("the check catches a hub that skips, doubles, swaps or splits", async () => {
  const change = (make: (page: EventPage) => EventPage["events"]) => (page: EventPage) =>
    page.events[0]?.userId === 9 ? { ...page, events: make(page) } : page;
  const skipped = await recordOf(change(() => []));
  assert.throws(skipped, /is a slice of the log|goes to the end/);
  const half = await recordOf(change(({ events }) => events.slice(0, 1)));
  assert.throws(half, /is a slice of the log/);
  const doubled = await recordOf(change(({ events }) => [...events, ...events]));
  assert.throws(doubled, /is a slice of the log/);
  const swapped = await recordOf(change(({ events }) => events.toReversed()));
  assert.throws(swapped, /is a slice of the log/);
});
