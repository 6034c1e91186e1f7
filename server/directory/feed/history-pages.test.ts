import assert from "node:assert/strict";
import { test } from "node:test";
import { never } from "../../../test/support/port.ts";
import { ALL, createUsers, openFeed, take, takeEvents } from "./feed.fixture.ts";

test("subscribers that come back to the same place share its pages and their items", async t => {
  const { store, feed, subscribe } = await openFeed(t, { pollMs: never });
  await createUsers(store, "a");
  const first = subscribe(ALL, { kind: "now" });
  const token = feed.tokenAfter(await take(first));
  for (const name of ["b", "c"]) await createUsers(store, name);
  await takeEvents(first, 2);
  const reads = t.mock.method(store, "readEvents");
  const back = Array.from({ length: 50 }, () => subscribe(ALL, { kind: "resume", token }));
  for (const subscription of back) assert.equal((await take(subscription)).kind, "bookmark");
  const [item, ...others] = await Promise.all(back.map(take));
  assert.ok(item?.kind === "transaction");
  for (const other of others) assert.equal(other, item);
  await Promise.all(back.map(take));
  const following = Promise.all(back.map(take));
  // The page with the events and the one after it; the hub, which reads for itself, may look in between.
  assert.ok(reads.mock.callCount() <= 5, `${reads.mock.callCount()} reads for 50 subscribers`);
  await createUsers(store, "d");
  for (const next of await following) assert.ok(next.kind === "transaction" && next.events[0]?.user?.name === "d");
});

test("a page that was read before the hub went on is not taken for what there is now", async t => {
  const { store, feed, subscribe } = await openFeed(t);
  await createUsers(store, "a");
  const first = subscribe(ALL, { kind: "now" });
  const token = feed.tokenAfter(await take(first));
  // Has the page after "a" read while it is empty.
  const next = take(first);
  await new Promise(setImmediate);
  await createUsers(store, "b");
  await next;
  const [event] = await takeEvents(subscribe(ALL, { kind: "resume", token }), 1);
  assert.equal(event?.user?.name, "b");
});

test("a user is shown after all events before that state, also where others read the page before they came", async t => {
  const { store, directory, subscribe } = await openFeed(t, { pollMs: never });
  // Nothing tells the hub of commits, so that the page stays the one to share.
  t.mock.method(store, "onCommit", () => () => {});
  await createUsers(store, "a");
  const { newest: position } = await store.eventBounds();
  // The first one begins to follow the hub, the second one then reads the page, which is empty.
  const others = [subscribe(ALL, { kind: "now" }), subscribe(ALL, { kind: "now" })];
  const waiting = [];
  for (const other of others) {
    await take(other);
    waiting.push(other.next());
    await new Promise(setImmediate);
  }
  await directory.reportEvent("1", "login", new Uint8Array());
  const shown = subscribe({ kind: "user", id: 1 }, { kind: "after", position, show: 1 });
  const kinds: string[] = [];
  while (kinds.at(-1) !== "synced") kinds.push((await take(shown)).kind);
  assert.deepEqual(kinds, ["transaction", "snapshot", "synced"]);
  for (const other of others) await other.return();
  await Promise.all(waiting);
});

test("subscribers with other selections get other items of the same page", async t => {
  const { store, subscribe } = await openFeed(t);
  await createUsers(store, "a", "b");
  const all = subscribe(ALL, { kind: "earliest" });
  const one = subscribe({ kind: "user", id: 2 }, { kind: "earliest" });
  const none = subscribe({ kind: "user", id: 3 }, { kind: "earliest" });
  assert.equal((await takeEvents(all, 2)).length, 2);
  assert.deepEqual(
    (await takeEvents(one, 1)).map(({ userId }) => userId),
    [2],
  );
  await take(none);
  const third = takeEvents(none, 1);
  await createUsers(store, "c");
  assert.deepEqual(
    (await third).map(({ userId }) => userId),
    [3],
  );
});
