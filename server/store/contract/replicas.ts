import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PositionAheadError } from "../errors.ts";
import { START_POSITION, type UserRecord } from "../records.ts";
import type { UserStore } from "../user-store.ts";
import { changed, createUser, createUsers, type Driver, newUser, TIME } from "./driver.ts";

/** A database under this suite: several stores have it open at once. */
export interface SharedDriver extends Driver {
  /** Opens stores on one new and empty database, all in the same moment. */
  openSeveral(count: number): Promise<readonly UserStore[]>;
}

/** What a store promises of a database that other processes use, too. */
export function replicasContract({ name, openSeveral }: SharedDriver): void {
  async function openTwo(t: { after(end: () => Promise<unknown>): void }): Promise<[UserStore, UserStore]> {
    const stores = await openSeveral(2);
    t.after(() => Promise.all(stores.map(store => store.close())));
    return stores as [UserStore, UserStore];
  }

  describe(`several stores on one database of ${name}`, () => {
    test("stores that make the database at the same time have one identity", async t => {
      const stores = await openSeveral(6);
      t.after(() => Promise.all(stores.map(store => store.close())));
      assert.equal(new Set(stores.map(({ identity }) => identity.id)).size, 1);
      assert.equal(new Set(stores.map(({ identity }) => Buffer.from(identity.key).toString("hex"))).size, 1);
    });

    test("what one store has acknowledged every other reads", async t => {
      const [a, b] = await openTwo(t);
      for (let i = 1; i <= 50; i++) {
        const [writer, reader] = i % 2 === 0 ? [a, b] : [b, a];
        assert.equal(await createUser(writer, newUser(`u${i}`)), i);
        assert.equal((await reader.getUser(i))?.name, `u${i}`);
        assert.equal((await reader.getUserByEmail(`U${i}@example.com`))?.id, i);
        assert.equal((await reader.readEvents(START_POSITION, 100)).events.length, i);
        assert.equal(await reader.countUsers({}), i);
      }
    });

    test("an email goes to one of those who want it at the same time", async t => {
      const stores = await openSeveral(3);
      t.after(() => Promise.all(stores.map(store => store.close())));
      const results = await Promise.all(
        Array.from({ length: 90 }, (_, i) => {
          const user = newUser(`u${i % 30}`);
          return (stores[i % 3] as UserStore).write({ kind: "create", time: TIME, users: [user] });
        }),
      );
      const ids = results.flatMap(result => (result.status === "created" ? result.ids : []));
      assert.deepEqual(
        ids.toSorted((x, y) => x - y),
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
      const { events } = await (stores[0] as UserStore).readEvents(START_POSITION, 100);
      assert.deepEqual(
        events.map(({ position }) => Number(position.seq)),
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
    });

    test("a request id that comes to two stores at the same time is done once", async t => {
      const [a, b] = await openTwo(t);
      for (let i = 0; i < 20; i++) {
        const request = { id: `r${i}`, fingerprint: "f" };
        const create = { kind: "create", time: TIME, users: [newUser(`u${i}`)], request } as const;
        const [one, other] = await Promise.all([a.write(create), b.write({ ...create, time: TIME + 1 })]);
        assert.deepEqual(one, other);
      }
      assert.equal(await a.countUsers({}), 20);
    });

    test("a commit is hinted at in the other store", async t => {
      const [a, b] = await openTwo(t);
      for (const [writer, listener] of [
        [a, b],
        [b, a],
      ] as const) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const stop = listener.onCommit(resolve);
        await createUser(writer, newUser(writer === a ? "A" : "B"));
        await promise;
        stop();
      }
    });

    test("a snapshot in one store is the state at its position, whatever another writes meanwhile", async t => {
      const [a, b] = await openTwo(t);
      await createUsers(a, ...Array.from({ length: 40 }, (_, i) => newUser(`u${i}`, { age: i })));
      const expected = await a.getUsers(Array.from({ length: 40 }, (_, i) => i + 1));
      const snapshot = await b.snapshot({ pageSize: 5 });
      const users: UserRecord[] = [];
      for await (const page of snapshot.pages()) {
        users.push(...page);
        await a.write({
          kind: "update",
          time: TIME,
          id: 1 + (users.length % 40),
          changes: { age: 100 + users.length },
        });
        await createUser(a, newUser(`late${users.length}`));
      }
      assert.deepEqual(users, expected);
      assert.equal(snapshot.position.seq, 40n);
    });

    test("stores that trim at the same time remove each event once", async t => {
      const [a, b] = await openTwo(t);
      for (let i = 0; i < 20; i++) await createUser(a, newUser(`u${i}`));
      const trimmed = await Promise.all([a, b].map(store => store.trim({ maxEvents: 5 })));
      assert.equal(
        trimmed.reduce((sum, { events }) => sum + events, 0),
        15,
      );
      await a.trim({ maxEvents: 0 });
      assert.equal(await createUser(b, newUser("next")), 21);
      assert.equal((await a.eventBounds()).newest.seq, 21n);
    });

    test("a position that no event of the database has is refused, not read on from in silence", async t => {
      const [a] = await openTwo(t);
      await createUser(a, newUser("A"));
      const { newest } = await a.eventBounds();
      assert.deepEqual((await a.readEvents(newest, 10)).events, []);
      for (const ahead of [
        { tx: newest.tx, seq: newest.seq + 1n },
        { tx: newest.tx + 1n, seq: newest.seq },
      ]) {
        await assert.rejects(a.readEvents(ahead, 10), PositionAheadError);
      }
    });

    test("a store that closes leaves the other working", async t => {
      const [a, b] = await openTwo(t);
      await createUser(a, newUser("A"));
      await a.close();
      await changed(b, { kind: "update", time: TIME, id: 1, changes: { name: "B" } });
      assert.equal((await b.getUser(1))?.name, "B");
    });
  });
}
