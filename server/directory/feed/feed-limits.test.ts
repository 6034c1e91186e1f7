import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidFieldError } from "../errors.ts";
import { HistoryTrimmedError, OtherDatabaseError, SlowSubscriberError, TooManySubscriptionsError } from "./errors.ts";
import { ALL, createUsers, openFeed, take, takeEvents } from "./feed.fixture.ts";

test("a subscriber whose queue is full is told where to go on, and loses nothing", async t => {
  const { store, feed, subscribe } = await openFeed(t, { queue: { maxItems: 3, maxBytes: 1_000_000 } });
  const slow = subscribe(ALL, { kind: "now" });
  const fast = subscribe(ALL, { kind: "now" });
  await take(slow);
  await take(fast);
  const joined = take(slow);
  const taken = takeEvents(fast, 10);
  for (let i = 0; i < 10; i++) await createUsers(store, `u${i}`);
  await taken;
  await joined;
  assert.equal(feed.subscribers, 1);
  let token = "";
  await assert.rejects(slow.next(), error => {
    assert.ok(error instanceof SlowSubscriberError);
    assert.equal(error.message, "the subscriber is more than 3 messages or 1000000 bytes behind");
    token = error.resumeToken;
    return true;
  });
  const resumed = subscribe(ALL, { kind: "resume", token });
  assert.deepEqual(
    (await takeEvents(resumed, 9)).map(({ userId }) => userId),
    [2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
});

test("a queue is bounded by bytes as well", async t => {
  const { store, directory, subscribe } = await openFeed(t, { queue: { maxItems: 1000, maxBytes: 20_000 } });
  await createUsers(store, "a");
  const slow = subscribe(ALL, { kind: "now" });
  await take(slow);
  const joined = take(slow);
  for (let i = 0; i < 5; i++) await directory.reportEvent("1", "login", new Uint8Array(8000));
  await joined;
  await assert.rejects(async () => {
    for (;;) await take(slow);
  }, SlowSubscriberError);
});

test("a token whose events are gone says where the history starts", async t => {
  const { store, feed, subscribe } = await openFeed(t);
  await createUsers(store, "a");
  const early = subscribe(ALL, { kind: "earliest" });
  await takeEvents(early, 1);
  const token = feed.tokenOf(early);
  for (const name of ["b", "c"]) await createUsers(store, name);
  await early.return();
  await store.trim({ maxEvents: 1 });
  await assert.rejects(subscribe(ALL, { kind: "resume", token }).next(), error => {
    assert.ok(error instanceof HistoryTrimmedError);
    const again = subscribe(ALL, { kind: "resume", token: error.resumeToken });
    t.after(() => again.return());
    return true;
  });
  assert.deepEqual(
    (await takeEvents(subscribe(ALL, { kind: "earliest" }), 1)).map(({ userId }) => userId),
    [3],
  );
});

test("a token is good only for its database and its selection", async t => {
  const { feed, subscribe } = await openFeed(t);
  const other = await openFeed(t);
  const subscription = subscribe(ALL, { kind: "now" });
  await take(subscription);
  const token = feed.tokenOf(subscription);
  assert.throws(() => other.subscribe(ALL, { kind: "resume", token }), OtherDatabaseError);
  const forged = `${token.slice(0, -2)}${token.endsWith("A") ? "E" : "A"}A`;
  for (const [selector, given] of [
    [{ kind: "role", role: "admin" }, token],
    [{ kind: "user", id: 1 }, token],
    [ALL, forged],
    [ALL, `${token}A`],
    [ALL, "x"],
  ] as const) {
    assert.throws(() => subscribe(selector, { kind: "resume", token: given }), InvalidFieldError, given);
  }
  assert.equal(feed.subscribers, 1);
});

test("subscriptions are capped, together and by caller", async t => {
  const { feed } = await openFeed(t, { maxSubscribers: 3, maxSubscribersPerCaller: 2 });
  const { signal } = new AbortController();
  const subscribe = (caller: string) => feed.subscribe({ selector: ALL, start: { kind: "now" }, signal, caller });
  const open = [subscribe("a"), subscribe("a")];
  assert.throws(() => subscribe("a"), new TooManySubscriptionsError("the caller has 2 subscriptions, at most 2"));
  const release = feed.admit("b");
  assert.throws(() => subscribe("c"), new TooManySubscriptionsError("the server has 3 subscriptions, at most 3"));
  release();
  release();
  open.push(subscribe("c"));
  for (const subscription of open) await subscription.return();
  assert.equal(feed.subscribers, 0);
});
