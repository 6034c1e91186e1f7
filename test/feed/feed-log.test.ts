import assert from "node:assert/strict";
import { test } from "node:test";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import type { UserEvent } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { anybody, callerKey } from "../../host/auth/caller.ts";
import { createFeed, type Feed } from "../../server/directory/feed/feed.ts";
import { createFeedMessages } from "../../server/services/feed-messages.ts";
import { createWatchUserEvents } from "../../server/services/watch-user-events.ts";
import { openStore } from "../../server/store/open-store.ts";
import type { EventRecord } from "../../server/store/records.ts";
import type { EventPage, UserStore } from "../../server/store/user-store.ts";
import { Requests, read } from "../support/feed.ts";
import { checkRecord, checkUserEvents, type FeedRecord, newRecord, readLog, recordMessage } from "./feed-log.ts";

const SELECTOR = { kind: "all" } as const;

/** The two users of the transaction that is tampered with, and the one of the last. */
const TAMPERED = ["a5", "b5"];
const LAST = "z";

type Tamper = (events: EventPage["events"]) => EventPage["events"];

/** Stores users: two in each of ten transactions, then a last one. */
async function write(store: UserStore): Promise<void> {
  const user = (name: string) => ({ name, email: `${name}@example.com`, role: "viewer" }) as const;
  for (let i = 0; i < 10; i++) {
    await store.write({ kind: "create", time: i, users: [user(`a${i}`), user(`b${i}`)] });
  }
  await store.write({ kind: "create", time: 10, users: [user(LAST)] });
}

/** Tampers with one transaction of what a hub reads. */
function tampered(store: UserStore, tamper: Tamper): UserStore {
  const isMeant = ({ user }: EventRecord) => TAMPERED.includes(user?.name ?? "");
  return {
    ...store,
    async readEvents(after, limit) {
      const page = await store.readEvents(after, limit);
      const begin = page.events.findIndex(isMeant);
      if (begin < 0) return page;
      const meant = page.events.filter(isMeant);
      return { ...page, events: page.events.toSpliced(begin, meant.length, ...tamper(meant)) };
    },
  };
}

/** Records what a subscriber gets. */
async function subscribe(feed: Feed): Promise<{ record: FeedRecord; finished: Promise<void> }> {
  const toMessage = createFeedMessages({ feed });
  const { signal } = new AbortController();
  const items = feed.subscribe({ selector: SELECTOR, start: { kind: "snapshot" }, signal, caller: "" });
  const record = newRecord(SELECTOR, "snapshot");
  const next = async () => recordMessage(record, toMessage(await read(items)));
  while (record.users === undefined) await next();
  async function finish() {
    while (record.transactions.at(-1)?.[0]?.user?.name !== LAST) await next();
    await items.return();
  }
  return { record, finished: finish() };
}

/** Records what a stream of `WatchUserEvents` gives. */
async function watchUserEvents(feed: Feed): Promise<{ finished: Promise<UserEvent[]> }> {
  const watch = createWatchUserEvents({ feed });
  const values = createContextValues().set(callerKey, anybody);
  const context: Partial<HandlerContext> = { signal: new AbortController().signal, values };
  const messages = watch(new Requests<{ userId: string }>().push({ userId: "*" }) as never, context as HandlerContext);
  const events = messages[Symbol.asyncIterator]();
  const got = [await read(events)];
  async function finish() {
    while (!Buffer.from(got.at(-1)?.payload ?? []).includes(`${LAST}@`)) got.push(await read(events));
    await events.return?.();
    return got;
  }
  return { finished: finish() };
}

/** Has a hub that is tampered with tell of some transactions; returns the check of what came out, by kind of feed. */
async function checksOf(tamper: Tamper): Promise<{ feed: () => void; userEvents: () => void }> {
  await using store = await openStore("sqlite::memory:");
  const caps = { maxSubscribers: 2, maxSubscribersPerCaller: 2, bookmarkIntervalMs: 3_600_000 };
  const feed = createFeed({ store: tampered(store, tamper), ...caps });
  const { record, finished } = await subscribe(feed);
  const watching = await watchUserEvents(feed);
  await write(store);
  await finished;
  const events = await watching.finished;
  const log = await readLog(store);
  return { feed: () => checkRecord(log, record), userEvents: () => checkUserEvents(log, "*", events) };
}

test("the check passes a hub that is as it should be", async () => {
  const { feed, userEvents } = await checksOf(events => events);
  feed();
  userEvents();
});

const tampers: Readonly<Record<string, Tamper>> = {
  "skips a transaction": () => [],
  "skips one event": ([first]) => (first ? [first] : []),
  "doubles a transaction": events => [...events, ...events],
  "doubles one event": ([first, ...others]) => (first ? [first, first, ...others] : []),
  "swaps two events": events => events.toReversed(),
};
for (const [what, tamper] of Object.entries(tampers)) {
  test(`the check catches a hub that ${what}`, async () => {
    const { feed, userEvents } = await checksOf(tamper);
    assert.throws(feed, /is a slice of the log/);
    assert.throws(userEvents, /is a slice of the log/);
  });
}

test("the check catches a hub that splits a transaction", async () => {
  const split: Tamper = ([first, second]) =>
    first && second ? [first, { ...second, position: { ...second.position, tx: second.position.seq } }] : [];
  const { feed, userEvents } = await checksOf(split);
  assert.throws(feed, /is a slice of the log/);
  // Here events come one by one, whatever their transaction.
  userEvents();
});
