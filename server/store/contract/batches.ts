import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { START_POSITION } from "../records.ts";
import type { Write } from "../writes.ts";
import { createUsers, type Driver, newUser, TIME } from "./driver.ts";

/** What every store promises of writes that come in the same moment: they are done in their order, as if alone. */
export function batchesContract({ name, open }: Driver): void {
  describe(`batches of ${name}`, () => {
    test("an email that one write frees is the next one's", async () => {
      await using store = await open();
      await createUsers(store, newUser("A"), newUser("B"), newUser("C"));
      const email = (id: number, text: string): Write => ({ kind: "update", time: TIME, id, changes: { email: text } });
      const results = await Promise.all(
        [
          email(1, "free@example.com"),
          email(2, "a@example.com"),
          email(3, "b@example.com"),
          email(1, "c@example.com"),
          { kind: "delete", time: TIME, id: 2 } as const,
          { kind: "create", time: TIME, users: [newUser("A")] } as const,
          { kind: "undelete", time: TIME, id: 2 } as const,
        ].map(write => store.write(write)),
      );
      assert.deepEqual(
        results.map(result => (result.status === "refused" ? result.reason : result.status)),
        ["changed", "changed", "changed", "changed", "changed", "created", "email_taken"],
      );
      assert.deepEqual(
        (await store.getUsers([1, 2, 3, 4])).map(user => [user.email, user.deleteTime !== undefined]),
        [
          ["c@example.com", false],
          ["a@example.com", true],
          ["b@example.com", false],
          ["a@example.com", false],
        ],
      );
    });

    test("each write sees what those before it did, and its events tell so", async () => {
      await using store = await open();
      const results = await Promise.all([
        store.write({ kind: "create", time: 1, users: [newUser("A")] }),
        store.write({ kind: "update", time: 2, id: 1, changes: { role: "admin", age: 3 } }),
        store.write({ kind: "update", time: 3, id: 1, changes: { age: 3 } }),
        store.write({ kind: "append", time: 4, id: 1, type: "login", payload: new Uint8Array([1]) }),
        store.write({ kind: "delete", time: 5, id: 1, ifVersion: 2 }),
        store.write({ kind: "append", time: 6, id: 1, type: "login", payload: new Uint8Array() }),
        store.write({ kind: "undelete", time: 7, id: 1 }),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ["created", "changed", "changed", "appended", "changed", "refused", "changed"],
      );
      const { events } = await store.readEvents(START_POSITION, 100);
      assert.deepEqual(
        events.map(({ type, time, before, user }) => [type, time, before?.version, user?.version]),
        [
          ["created", 1, undefined, 1],
          ["role_changed", 2, 1, 2],
          ["profile_updated", 2, 1, 2],
          ["login", 4, 2, undefined],
          ["deleted", 5, 2, 3],
          ["undeleted", 7, 3, 4],
        ],
      );
    });

    test("a request id that comes twice in the same moment is done once", async () => {
      await using store = await open();
      const request = { id: "r1", fingerprint: "f" };
      const create = { kind: "create", time: TIME, users: [newUser("A")], request } as const;
      const [first, second, other] = await Promise.all([
        store.write(create),
        store.write(create),
        store.write({ ...create, request: { id: "r1", fingerprint: "g" } }),
      ]);
      assert.deepEqual(first, { status: "created", ids: [1], time: TIME });
      assert.deepEqual(second, first);
      assert.deepEqual(other, { status: "refused", reason: "request_reused" });
      assert.equal(await store.countUsers({}), 1);
    });
  });
}
