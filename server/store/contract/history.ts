import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PositionTrimmedError, StoreUnavailableError } from "../errors.ts";
import { comparePositions, type EventRecord, START_POSITION, type UserRecord } from "../records.ts";
import type { Snapshot, UserStore } from "../user-store.ts";
import { changed, createUser, createUsers, type Driver, newUser, TIME } from "./driver.ts";

/** What every store promises of its history, its snapshots and its end. */
export function historyContract({ name, open }: Driver): void {
  describe(`history of ${name}`, () => {
    test("each change writes its events, with the user before and after, and the events of a write share a tx", async () => {
      await using store = await open();
      await createUsers(store, newUser("A"), newUser("B"));
      const before = await store.getUser(1);
      const after = await changed(store, { kind: "update", time: 2, id: 1, changes: { role: "admin", age: 3 } });
      const payload = new Uint8Array([1, 2]);
      await store.write({ kind: "append", time: 3, id: 1, type: "login", payload });
      const deleted = await changed(store, { kind: "delete", time: 4, id: 1 });
      const undeleted = await changed(store, { kind: "undelete", time: 5, id: 1 });
      const events = await allEvents(store);
      assert.deepEqual(
        events.map(({ type, userId, time }) => [type, userId, time]),
        [
          ["created", 1, TIME],
          ["created", 2, TIME],
          ["role_changed", 1, 2],
          ["profile_updated", 1, 2],
          ["login", 1, 3],
          ["deleted", 1, 4],
          ["undeleted", 1, 5],
        ],
      );
      assert.deepEqual(transactions(events), [2, 2, 1, 1, 1]);
      assert.deepEqual([events[0]?.before, events[0]?.user], [undefined, before]);
      assert.deepEqual([events[3]?.before, events[3]?.user], [before, after]);
      assert.deepEqual([events[4]?.before, events[4]?.user, events[4]?.payload], [after, undefined, payload]);
      assert.deepEqual([events[6]?.before, events[6]?.user], [deleted, undeleted]);
    });

    test("positions ascend in commit order, and reading in pages misses nothing under concurrent writes", async () => {
      await using store = await open();
      const writes = Array.from({ length: 300 }, (_, i) => createUser(store, newUser(`u${i}`)));
      const events: EventRecord[] = [];
      for (let position = START_POSITION; events.length < writes.length; ) {
        const page = await store.readEvents(position, 7);
        events.push(...page.events);
        position = page.next;
        if (page.events.length === 0) await new Promise(setImmediate);
      }
      const ascending = events.every((event, i) => {
        const previous = events[i - 1];
        return previous === undefined || comparePositions(previous.position, event.position) < 0;
      });
      assert.ok(ascending);
      assert.deepEqual(new Set(events.map(({ userId }) => userId)), new Set(await Promise.all(writes)));
      assert.deepEqual((await store.eventBounds()).newest, events.at(-1)?.position);
    });

    test("a commit is hinted at, until the listener leaves", async () => {
      await using store = await open();
      const { promise, resolve } = Promise.withResolvers<void>();
      let hints = 0;
      const stop = store.onCommit(() => {
        hints += 1;
        resolve();
      });
      await createUser(store, newUser("A"));
      await promise;
      stop();
      const seen = hints;
      await createUser(store, newUser("B"));
      assert.equal(hints, seen);
    });

    test("trim forgets by count and by age, whole transactions at a time, and says so to who needs them", async () => {
      await using store = await open();
      await createUsers(store, newUser("A"), newUser("B"));
      const { newest: first } = await store.eventBounds();
      await createUsers(store, newUser("C"), newUser("D"), newUser("E"));
      // The second of the second transaction is among the last two: all of it stays.
      assert.deepEqual(await store.trim({ maxEvents: 2 }), { events: 2, requests: 0 });
      await assert.rejects(store.readEvents(START_POSITION, 10), (error: unknown) => {
        assert.ok(error instanceof PositionTrimmedError);
        assert.deepEqual(error.oldest, first);
        return true;
      });
      assert.equal((await store.readEvents(first, 10)).events.length, 3);
      const now = Date.now();
      await store.write({ kind: "update", time: now, id: 1, changes: { name: "X" } });
      assert.equal((await store.trim({ maxEventAgeMs: 60_000 })).events, 3);
      const { oldest, newest } = await store.eventBounds();
      assert.deepEqual(
        (await store.readEvents(oldest, 10)).events.map(({ type }) => type),
        ["profile_updated"],
      );
      assert.equal((await store.trim({ maxEvents: 0 })).events, 1);
      assert.deepEqual(await store.eventBounds(), { oldest: newest, newest });
      await createUser(store, newUser("F"));
      const [event] = (await store.readEvents(newest, 10)).events;
      assert.ok(event && comparePositions(newest, event.position) < 0);
    });

    test("of events whose times step back, trim forgets by age only those that all before are as old as", async () => {
      await using store = await open();
      const now = Date.now();
      const old = now - 3_600_000;
      const times = [old, ...Array.from({ length: 17 }, () => now), ...Array.from({ length: 17 }, () => old)];
      for (const [i, time] of times.entries()) await store.write({ kind: "create", time, users: [newUser(`u${i}`)] });
      assert.equal((await store.trim({ maxEventAgeMs: 60_000 })).events, 1);
      const { oldest } = await store.eventBounds();
      assert.equal((await store.readEvents(oldest, 100)).events.length, 34);
    });

    test("a request id that was stored while a clock was back is kept as long as those before it", async () => {
      await using store = await open();
      const create = (user: string, time: number) =>
        store.write({ kind: "create", time, users: [newUser(user)], request: { id: user, fingerprint: user } });
      await create("A", Date.now());
      const second = await create("B", 1);
      assert.equal((await store.trim({ maxRequestAgeMs: 60_000 })).requests, 0);
      assert.deepEqual(await create("B", 2), second);
    });

    test("trim forgets request ids by age", async () => {
      await using store = await open();
      const create = (user: string, time: number) =>
        store.write({ kind: "create", time, users: [newUser(user)], request: { id: user, fingerprint: user } });
      await create("A", 1);
      const kept = await create("B", Date.now());
      assert.equal((await store.trim({ maxRequestAgeMs: 60_000 })).requests, 1);
      assert.equal((await create("A", 2)).status, "refused");
      assert.deepEqual(await create("B", 3), kept);
    });

    test("a snapshot is the state at its position, whatever is written while it is read", async () => {
      await using store = await open();
      await createUsers(store, ...Array.from({ length: 40 }, (_, i) => newUser(`u${i}`, { age: i })));
      await changed(store, { kind: "delete", time: TIME, id: 30 });
      const expected = (await store.getUsers(Array.from({ length: 40 }, (_, i) => i + 1))).filter(
        user => user.deleteTime === undefined,
      );
      const snapshot = await store.snapshot({ pageSize: 5 });
      const editors = await store.snapshot({ role: "editor", pageSize: 5 });
      const one = await store.snapshot({ id: 12 });
      const users: UserRecord[] = [];
      for await (const page of snapshot.pages()) {
        if (users.length === 0) {
          for (let id = 1; id <= 40; id += 3) {
            await store.write({ kind: "update", time: TIME, id, changes: { role: "editor", age: 99 } });
            await store.write({ kind: "update", time: TIME, id, changes: { age: 100 } });
          }
          await changed(store, { kind: "delete", time: TIME, id: 12 });
          await changed(store, { kind: "undelete", time: TIME, id: 30 });
          await createUser(store, newUser("late"));
        }
        users.push(...page);
      }
      assert.deepEqual(users, expected);
      assert.deepEqual(await usersOf(editors), []);
      assert.deepEqual(
        (await usersOf(one)).map(user => user.age),
        [11],
      );
      assert.equal((await usersOf(await store.snapshot({ role: "editor" }))).length, 14);
      assert.equal((await usersOf(await store.snapshot({ id: 12 }))).length, 0);
      assert.equal((await usersOf(await store.snapshot({ id: 99 }))).length, 0);
      const { events } = await store.readEvents(snapshot.position, 100);
      assert.deepEqual(events[0]?.type, "role_changed");
    });

    test("a snapshot that outlives the history it needs says so", async () => {
      await using store = await open();
      await createUsers(store, newUser("A"), newUser("B"));
      const pages = (await store.snapshot({ pageSize: 1 })).pages()[Symbol.asyncIterator]();
      await pages.next();
      await changed(store, { kind: "delete", time: TIME, id: 2 });
      await store.trim({ maxEvents: 0 });
      await assert.rejects(pages.next(), PositionTrimmedError);
    });

    test("close waits for the writes under way, and then nothing is taken any more", async () => {
      const store = await open();
      assert.deepEqual(store.health(), { state: "ready" });
      const writes = Promise.all([createUser(store, newUser("A")), createUsers(store, newUser("B"), newUser("C"))]);
      const states: string[] = [];
      store.onHealth(({ state }) => states.push(state));
      await store.close();
      assert.deepEqual(await writes, [1, [2, 3]]);
      assert.deepEqual(states, ["closed"]);
      await assert.rejects(createUser(store, newUser("D")), StoreUnavailableError);
      await assert.rejects(store.getUser(1), StoreUnavailableError);
      await store.close();
    });

    test("a database has an id and a key of its own", async () => {
      await using one = await open();
      await using other = await open();
      assert.match(one.identity.id, /^[0-9a-f-]{36}$/);
      assert.notEqual(one.identity.id, other.identity.id);
      assert.equal(one.identity.key.length, 32);
    });
  });
}

async function allEvents(store: UserStore): Promise<readonly EventRecord[]> {
  return (await store.readEvents(START_POSITION, 1000)).events;
}

/** How many events each transaction has, in order. */
function transactions(events: readonly EventRecord[]): number[] {
  return [...Map.groupBy(events, ({ position }) => position.tx).values()].map(group => group.length);
}

async function usersOf(snapshot: Snapshot): Promise<UserRecord[]> {
  return (await Array.fromAsync(snapshot.pages())).flat();
}
