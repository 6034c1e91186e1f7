import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { PositionAheadError, StoreUnavailableError } from "../../store/errors.ts";
import { openStore } from "../../store/open-store.ts";
import { START_POSITION } from "../../store/records.ts";
import type { UserStore } from "../../store/user-store.ts";
import { OtherDatabaseError } from "./errors.ts";
import { ALL, createUsers, take, takeEvents } from "./feed.fixture.ts";
import { createFeed } from "./feed.ts";
import { withPatience } from "./patience.ts";

/** A store whose reads of the history fail while a test says so. */
async function openFailing(t: TestContext) {
  const store = await openStore("sqlite::memory:");
  t.after(() => store.close());
  const faults = { left: 0, error: new StoreUnavailableError("out of reach") as Error, onFault: () => {} };
  const failing: UserStore = {
    ...store,
    async readEvents(after, limit) {
      if (faults.left > 0) {
        faults.left -= 1;
        faults.onFault();
        throw faults.error;
      }
      return store.readEvents(after, limit);
    },
  };
  return { store, failing, faults };
}

function subscribe(t: TestContext, store: UserStore, patienceMs?: number) {
  const feed = createFeed({
    store,
    maxSubscribers: 10,
    maxSubscribersPerCaller: 10,
    bookmarkIntervalMs: 3_600_000,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  const subscription = feed.subscribe({
    selector: ALL,
    start: { kind: "earliest" },
    signal: new AbortController().signal,
    caller: "test",
  });
  t.after(() => subscription.return());
  return subscription;
}

test("a subscription outlives a store that is out of reach for a while, and misses nothing", async t => {
  const { store, failing, faults } = await openFailing(t);
  faults.left = 2;
  const subscription = subscribe(t, failing);
  await createUsers(store, "a");
  assert.equal((await takeEvents(subscription, 1)).length, 1);
  const next = take(subscription);
  const failed = new Promise<void>(resolve => {
    faults.onFault = resolve;
  });
  faults.left = 3;
  await createUsers(store, "b");
  await failed;
  await createUsers(store, "c");
  const item = await next;
  assert.equal(item.kind, "transaction");
  assert.deepEqual(
    (await takeEvents(subscription, 1)).map(({ userId }) => userId),
    [3],
  );
});

test("a subscription ends where the store stays out of reach for too long", async t => {
  const { failing, faults } = await openFailing(t);
  const subscription = subscribe(t, failing, 0);
  await take(subscription);
  faults.left = 1;
  await assert.rejects(subscription.next(), { name: "FeedInterruptedError", cause: faults.error });
});

test("a fault of another kind, and a closed store, are told at once", async t => {
  const { store, failing, faults } = await openFailing(t);
  const patient = withPatience(failing);
  faults.error = new Error("a fault");
  faults.left = 1;
  await assert.rejects(patient.readEvents(START_POSITION, 1), faults.error);
  faults.error = new StoreUnavailableError("out of reach");
  faults.left = Number.POSITIVE_INFINITY;
  const waiting = assert.rejects(patient.readEvents(START_POSITION, 1), faults.error);
  await store.close();
  await waiting;
});

test("a subscriber ahead of the history is told that this is another database", async t => {
  const { failing, faults } = await openFailing(t);
  const subscription = subscribe(t, failing);
  await take(subscription);
  faults.error = new PositionAheadError();
  faults.left = 1;
  await assert.rejects(subscription.next(), OtherDatabaseError);
});
