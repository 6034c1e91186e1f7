import assert from "node:assert/strict";
import { test } from "node:test";
import { FeedInterruptedError } from "./errors.ts";
import { ALL, createUsers, openFeed, take, takeEvents } from "./feed.fixture.ts";

test("a subscription from now on gets a bookmark at once, then each later event in order", async t => {
  const { store, directory, subscribe } = await openFeed(t);
  await createUsers(store, "a");
  const all = subscribe(ALL, { kind: "now" });
  assert.equal((await take(all)).kind, "bookmark");
  await directory.updateUser("1", { name: "b", role: "admin" }, []);
  await directory.reportEvent("1", "login", new Uint8Array());
  await directory.deleteUser("1");
  const events = await takeEvents(all, 4);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["role_changed", "profile_updated", "login", "deleted"],
  );
});

test("the earliest start gives the whole history, and a token the rest of it", async t => {
  const { store, feed, subscribe } = await openFeed(t);
  for (const name of ["a", "b", "c"]) await createUsers(store, name);
  const first = subscribe(ALL, { kind: "earliest" });
  assert.deepEqual(
    (await takeEvents(first, 2)).map(({ userId }) => userId),
    [1, 2],
  );
  const rest = subscribe(ALL, { kind: "resume", token: feed.tokenOf(first) });
  await createUsers(store, "d");
  assert.deepEqual(
    (await takeEvents(rest, 2)).map(({ userId }) => userId),
    [3, 4],
  );
});

test("a snapshot is followed by the events after that very state", async t => {
  const { store, directory, subscribe } = await openFeed(t);
  await createUsers(store, "a", "b");
  const all = subscribe(ALL, { kind: "snapshot" });
  assert.equal((await take(all)).kind, "bookmark");
  const snapshot = await take(all);
  assert.ok(snapshot.kind === "snapshot");
  await directory.deleteUser("2");
  assert.deepEqual(
    snapshot.users.map(({ id }) => id),
    [1, 2],
  );
  assert.equal((await take(all)).kind, "synced");
  assert.deepEqual(
    (await takeEvents(all, 1)).map(({ type }) => type),
    ["deleted"],
  );
});

test("subscribers get what they select: a user, or a role as it is or was, and what is reported of either", async t => {
  const { store, directory, subscribe } = await openFeed(t);
  await createUsers(store, "a", "b");
  const selections = [
    subscribe({ kind: "user", id: 2 }, { kind: "now" }),
    subscribe({ kind: "role", role: "editor" }, { kind: "now" }),
    subscribe({ kind: "user", id: 2 }, { kind: "earliest" }),
    subscribe({ kind: "role", role: "editor" }, { kind: "earliest" }),
  ];
  for (const selection of selections) await take(selection);
  await directory.updateUser("2", { role: "editor" }, []);
  await directory.updateUser("1", { role: "admin" }, []);
  for (const id of ["1", "2"]) await directory.reportEvent(id, "login", new Uint8Array());
  await directory.updateUser("2", { role: "viewer" }, []);
  await directory.reportEvent("2", "logout", new Uint8Array());
  await directory.deleteUser("2");
  const asEditor = ["role_changed 2", "login 2", "role_changed 2"];
  const ofTwo = [...asEditor, "logout 2", "deleted 2"];
  const expected = [ofTwo, asEditor, ["created 2", ...ofTwo], asEditor];
  for (const [index, selection] of selections.entries()) {
    const events = await takeEvents(selection, expected[index]?.length ?? 0);
    assert.deepEqual(
      events.map(({ type, userId }) => `${type} ${userId}`),
      expected[index],
    );
  }
});

test("subscribers of the same selection share their items", async t => {
  const { store, subscribe } = await openFeed(t);
  const subscriptions = [1, 2, 3].map(() => subscribe(ALL, { kind: "now" }));
  for (const subscription of subscriptions) await take(subscription);
  const items = Promise.all(subscriptions.map(take));
  await createUsers(store, "a");
  const [first, ...others] = await items;
  for (const other of others) assert.equal(other, first);
});

test("a transaction larger than a read comes in parts that say so, live and from the store", async t => {
  const { store, directory, subscribe } = await openFeed(t);
  await createUsers(store, "a");
  const live = subscribe(ALL, { kind: "now" });
  const one = subscribe({ kind: "user", id: 3 }, { kind: "now" });
  await Promise.all([take(live), take(one)]);
  const users = Array.from({ length: 1000 }, (_, i) => ({ name: `u${i}`, email: `u${i}@example.com` }));
  const next = [take(live), take(one)] as const;
  await directory.importUsers(users);
  await directory.deleteUser("3");
  const history = subscribe(ALL, { kind: "earliest" });
  const oneOfHistory = subscribe({ kind: "user", id: 3 }, { kind: "earliest" });
  for (const subscription of [history, oneOfHistory]) await take(subscription);
  await take(history);
  for (const [subscription, first] of [
    [live, next[0]],
    [history, take(history)],
  ] as const) {
    const parts = [await first];
    while (parts.length < 4) parts.push(await take(subscription));
    assert.deepEqual(
      parts.map(part => part.kind === "transaction" && [part.events.length, part.continues, part.more]),
      [
        [256, false, true],
        [256, true, true],
        [256, true, true],
        [232, true, false],
      ],
    );
  }
  for (const [subscription, first] of [
    [one, next[1]],
    [oneOfHistory, take(oneOfHistory)],
  ] as const) {
    const parts = [await first, await take(subscription), await take(subscription)];
    assert.deepEqual(
      parts.map(part => part.kind === "transaction" && [part.events.map(({ type }) => type).join(), part.more]),
      [
        ["created", true],
        ["", false],
        ["deleted", false],
      ],
    );
  }
});

test("an idle subscriber gets bookmarks that move on with the events of others", async t => {
  const { store, feed, subscribe } = await openFeed(t, { bookmarkIntervalMs: 32 });
  await createUsers(store, "a");
  const idle = subscribe({ kind: "user", id: 9 }, { kind: "now" });
  await take(idle);
  const before = feed.tokenOf(idle);
  await createUsers(store, "b");
  const bookmark = await take(idle);
  assert.equal(bookmark.kind, "bookmark");
  assert.notEqual(feed.tokenAfter(bookmark), before);
  assert.equal(feed.tokenAfter(await take(idle)), feed.tokenAfter(bookmark));
});

test("a signal ends a subscription at once, with its reason and where to go on", async t => {
  const { store, feed, subscribe } = await openFeed(t);
  await createUsers(store, "a");
  const stop = new AbortController();
  const subscription = subscribe(ALL, { kind: "earliest" }, stop.signal);
  await takeEvents(subscription, 1);
  const waiting = subscription.next();
  const reason = new Error("enough");
  stop.abort(reason);
  assert.equal(feed.subscribers, 0);
  await assert.rejects(waiting, error => {
    assert.ok(error instanceof FeedInterruptedError);
    assert.equal(error.cause, reason);
    assert.equal(error.resumeToken, feed.tokenOf(subscription));
    return true;
  });
  await assert.rejects(subscribe(ALL, { kind: "now" }, stop.signal).next(), FeedInterruptedError);
  assert.equal(feed.subscribers, 0);
});

test("a consumer that returns ends its subscription, while it waits, too", async t => {
  const { feed, subscribe } = await openFeed(t);
  const subscription = subscribe(ALL, { kind: "now" });
  await take(subscription);
  const waiting = subscription.next();
  await subscription.return();
  assert.equal((await waiting).done, true);
  assert.equal((await subscription.next()).done, true);
  assert.equal(feed.subscribers, 0);
});

test("a store that closes ends its subscriptions", async t => {
  const { store, subscribe } = await openFeed(t, { pollMs: 5 });
  const subscription = subscribe(ALL, { kind: "now" });
  await take(subscription);
  const ended = assert.rejects(subscription.next(), FeedInterruptedError);
  await new Promise(setImmediate);
  await store.close();
  await ended;
});
