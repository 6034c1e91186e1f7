import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { START_POSITION } from "../records.ts";
import { changed, created, createUser, createUsers, type Driver, newUser, TIME } from "./driver.ts";

/** What every store promises of its writes. */
export function writesContract({ name, open }: Driver): void {
  describe(`writes to ${name}`, () => {
    test("ids ascend from 1, and a refused write uses none", async () => {
      await using store = await open();
      assert.deepEqual(await createUsers(store, newUser("A"), newUser("B")), [1, 2]);
      const refused = await store.write({ kind: "create", time: TIME, users: [newUser("C"), newUser("a")] });
      assert.deepEqual(refused, { status: "refused", reason: "email_taken", index: 1 });
      assert.equal(await store.getUserByEmail("c@example.com"), undefined);
      assert.deepEqual(await createUsers(store, newUser("D")), [3]);
    });

    test("a user is stored as it was sent", async () => {
      await using store = await open();
      const id = await createUser(store, newUser("Zoë", { role: "admin", age: 0, bio: "", createTime: 5 }));
      const expected = { id, name: "Zoë", email: "zoë@example.com", role: "admin", age: 0, bio: "" };
      const times = { createTime: 5, updateTime: 5, deleteTime: undefined };
      assert.deepEqual(await store.getUser(id), { ...expected, ...times, version: 1 });
    });

    test("emails are unique regardless of letter case, until a delete frees them", async () => {
      await using store = await open();
      const id = await createUser(store, newUser("A"));
      const again = { kind: "create", time: TIME, users: [newUser("B", { email: "A@EXAMPLE.com" })] } as const;
      assert.equal((await store.write(again)).status, "refused");
      await changed(store, { kind: "delete", time: TIME, id });
      const [other = 0] = created(await store.write(again)).ids;
      const taken = { status: "refused", reason: "email_taken" };
      assert.deepEqual(await store.write({ kind: "undelete", time: TIME, id }), taken);
      await changed(store, { kind: "update", time: TIME, id: other, changes: { email: "b@example.com" } });
      await changed(store, { kind: "undelete", time: TIME, id });
      const change = { kind: "update", time: TIME, id: other, changes: { email: "a@Example.com" } } as const;
      assert.deepEqual(await store.write(change), taken);
    });

    test("an update changes what it names, clears what it names as undefined, and counts versions", async () => {
      await using store = await open();
      const id = await createUser(store, newUser("A", { age: 30, bio: "x" }));
      const user = await changed(store, { kind: "update", time: 7, id, changes: { name: "B", age: undefined } });
      assert.deepEqual([user.name, user.age, user.bio, user.updateTime, user.version], ["B", undefined, "x", 7, 2]);
      assert.deepEqual(await store.getUser(id), user);
      const { events } = await store.readEvents(START_POSITION, 10);
      const same = await changed(store, { kind: "update", time: 8, id, changes: { name: "B" } });
      assert.deepEqual(same, user);
      assert.equal((await store.readEvents(START_POSITION, 10)).events.length, events.length);
    });

    test("a write to another version is refused", async () => {
      await using store = await open();
      const id = await createUser(store, newUser("A"));
      const refused = { status: "refused", reason: "version_mismatch" };
      for (const kind of ["update", "delete"] as const) {
        assert.deepEqual(await store.write({ kind, time: TIME, id, ifVersion: 2, changes: {} }), refused);
      }
      const otherTime = { kind: "delete", time: TIME, id, ifVersion: 1, ifUpdateTime: TIME - 1 } as const;
      assert.deepEqual(await store.write(otherTime), refused);
      await changed(store, { kind: "delete", time: TIME, id, ifVersion: 1, ifUpdateTime: TIME });
      assert.deepEqual(await store.write({ kind: "undelete", time: TIME, id, ifVersion: 1 }), refused);
    });

    test("writes to users that are missing, deleted or not deleted are refused", async () => {
      await using store = await open();
      const payload = new Uint8Array();
      const id = await createUser(store, newUser("A"));
      const reason = async (write: Parameters<typeof store.write>[0]) => {
        const result = await store.write(write);
        return result.status === "refused" ? result.reason : result.status;
      };
      assert.equal(await reason({ kind: "undelete", time: TIME, id }), "not_deleted");
      await changed(store, { kind: "delete", time: TIME, id });
      for (const [target, expected] of [
        [id, "deleted"],
        [99, "missing"],
      ] as const) {
        assert.equal(await reason({ kind: "update", time: TIME, id: target, changes: {} }), expected);
        assert.equal(await reason({ kind: "delete", time: TIME, id: target }), expected);
        assert.equal(await reason({ kind: "append", time: TIME, id: target, type: "login", payload }), expected);
      }
    });

    test("a request id is answered what it was answered first, and refused with another payload", async () => {
      await using store = await open();
      const request = { id: "r1", fingerprint: "f" };
      const create = { kind: "create", time: 1, users: [newUser("A")], request } as const;
      const first = await store.write(create);
      assert.deepEqual(await store.write({ ...create, time: 2 }), first);
      const other = { ...create, request: { id: "r1", fingerprint: "g" } };
      assert.deepEqual(await store.write(other), { status: "refused", reason: "request_reused" });
      const change = { kind: "update", time: 3, id: 1, changes: { name: "B" } } as const;
      const once = await store.write({ ...change, request: { id: "r2", fingerprint: "f" } });
      await changed(store, { kind: "update", time: 4, id: 1, changes: { name: "C" } });
      assert.deepEqual(await store.write({ ...change, request: { id: "r2", fingerprint: "f" } }), once);
      assert.equal((await store.getUser(1))?.name, "C");
    });

    test("a delete that may find nothing does nothing then, and its request id is taken all the same", async () => {
      await using store = await open();
      const id = await createUser(store, newUser("A"));
      const deleted = await changed(store, { kind: "delete", time: TIME, id });
      const lenient = { kind: "delete", time: 7, allowMissing: true } as const;
      const request = { id: "r1", fingerprint: "f" };
      assert.deepEqual(await changed(store, { ...lenient, id, request }), deleted);
      const unknown = { ...lenient, id: 99, request: { id: "r2", fingerprint: "f" } };
      assert.deepEqual(await store.write(unknown), { status: "absent" });
      assert.equal((await store.readEvents(START_POSITION, 10)).events.length, 2);
      await changed(store, { kind: "undelete", time: TIME, id });
      assert.deepEqual(await changed(store, { ...lenient, id, request }), deleted);
      assert.deepEqual(await store.write(unknown), { status: "absent" });
      const other = await store.write({ ...lenient, id, request: { id: "r2", fingerprint: "g" } });
      assert.deepEqual(other, { status: "refused", reason: "request_reused" });
      assert.equal((await store.getUser(id))?.deleteTime, undefined);
    });

    test("a refused write leaves its request id free", async () => {
      await using store = await open();
      const request = { id: "r1", fingerprint: "f" };
      const write = { kind: "update", time: TIME, id: 1, changes: { name: "B" }, request } as const;
      assert.equal((await store.write(write)).status, "refused");
      await createUser(store, newUser("A"));
      assert.equal((await changed(store, write)).name, "B");
    });

    test("concurrent writes stand apart: the bad ones fail, the good ones do not", async () => {
      await using store = await open();
      const names = Array.from({ length: 100 }, (_, index) => (index % 10 === 9 ? "same" : `u${index}`));
      const results = await Promise.all(
        names.map(user => store.write({ kind: "create", time: TIME, users: [newUser(user)] })),
      );
      assert.equal(results.filter(({ status }) => status === "created").length, 91);
      assert.equal(await store.countUsers({}), 91);
      assert.equal((await store.readEvents(START_POSITION, 1000)).events.length, 91);
    });

    test("10,000 users are stored in one write, or none of them", async () => {
      await using store = await open();
      const users = Array.from({ length: 10_000 }, (_, index) => newUser(`u${index}`));
      const bad = [...users.slice(0, -1), newUser("U5000")];
      assert.deepEqual(await store.write({ kind: "create", time: TIME, users: bad }), {
        status: "refused",
        reason: "email_taken",
        index: 9999,
      });
      assert.equal(await store.isEmpty(), true);
      const ids = await createUsers(store, ...users);
      assert.deepEqual([ids.length, ids[0], ids.at(-1)], [10_000, 1, 10_000]);
      assert.equal(await store.countUsers({}), 10_000);
    });
  });
}
