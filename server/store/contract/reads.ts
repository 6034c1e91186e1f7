import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OrderField, UserCursor, UserFilter, UserOrder } from "../queries.ts";
import { ORDER_BY_ID } from "../queries.ts";
import type { UserStore } from "../user-store.ts";
import { changed, createUser, createUsers, type Driver, newUser, TIME } from "./driver.ts";

/** What every store promises of its reads. */
export function readsContract({ name, open }: Driver): void {
  describe(`reads of ${name}`, () => {
    test("names are found without differences of case, as Unicode has them", async () => {
      await using store = await open();
      const names = ["Straße", "ΟΔΥΣΣΕΥΣ", "Οδυσσέας", "İstanbul", "Zoë"];
      for (const [i, name] of names.entries()) await createUser(store, newUser(name, { email: `u${i}@example.com` }));
      const cases: [string, number[]][] = [
        ["STRASSE", [1]],
        ["straẞe", [1]],
        ["οδυσσευς", [2]],
        ["ΟΔΥΣ", [2, 3]],
        ["οδυς", [2, 3]],
        ["istanbul", [4]],
        ["ISTANBUL", [4]],
        ["Zoe\u0308", [5]],
        ["zoe", []],
      ];
      for (const [text, expected] of cases) {
        assert.deepEqual(await allIds(store, { name: [text] }, ORDER_BY_ID, 10), expected, text);
      }
    });

    test("users are found by id, by ids and by email in any letter case", async () => {
      await using store = await open();
      await createUsers(store, newUser("A"), newUser("B"), newUser("C"));
      await changed(store, { kind: "delete", time: TIME, id: 2 });
      assert.equal((await store.getUser(2))?.deleteTime, TIME);
      assert.equal(await store.getUser(4), undefined);
      assert.deepEqual(
        (await store.getUsers([3, 9, 2, 3])).map(({ id }) => id),
        [3, 2, 3],
      );
      assert.equal((await store.getUserByEmail("A@Example.COM"))?.id, 1);
      assert.equal(await store.getUserByEmail("b@example.com"), undefined);
    });

    test("pages of every size and order hold every user once, in order", async () => {
      await using store = await open();
      const names = ["b", "Ä", "a", "B", "😀", "￦", "c", "a", "Z", "y"];
      await createUsers(
        store,
        ...names.map((user, i) => newUser(user, { email: `${9 - i}@e.com`, createTime: TIME + (i % 3) })),
      );
      const byField: Record<OrderField, number[]> = {
        id: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        name: [3, 8, 1, 4, 7, 10, 9, 2, 6, 5],
        email: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
        createTime: [1, 4, 7, 10, 2, 5, 8, 3, 6, 9],
      };
      for (const [field, expected] of Object.entries(byField) as [OrderField, number[]][]) {
        for (const descending of [false, true]) {
          for (const limit of [1, 3, 10, 11]) {
            const ids = await allIds(store, {}, { field, descending }, limit);
            assert.deepEqual(ids, descending ? expected.toReversed() : expected, `${field} ${descending} ${limit}`);
          }
        }
      }
    });

    test("a filter by role, text and deletion answers what matches, across many deleted and unmatched users", async () => {
      await using store = await open();
      const users = Array.from({ length: 500 }, (_, i) =>
        newUser(`User${i}`, { role: i % 100 === 7 ? "admin" : "viewer" }),
      );
      await createUsers(store, ...users);
      for (let id = 20; id < 320; id++) await store.write({ kind: "delete", time: TIME, id });
      const cases: [UserFilter, number[]][] = [
        [{ role: "admin" }, [8, 408]],
        [{ role: "admin", includeDeleted: true }, [8, 108, 208, 308, 408]],
        [{ name: ["SER33"], text: ["9"] }, [340]],
        [{ email: ["44@EXAMPLE"] }, [345, 445]],
        [{ text: ["user1"] }, [2, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
        [{ name: ["%"] }, []],
        [{ role: "editor" }, []],
      ];
      for (const [filter, expected] of cases) {
        for (const field of ["id", "createTime"] as const) {
          for (const limit of [1, 2, 100]) {
            assert.deepEqual(await allIds(store, filter, { field, descending: false }, limit), expected);
          }
        }
        assert.equal(await store.countUsers(filter), expected.length);
      }
      assert.equal(await store.countUsers({}), 200);
      assert.equal(await store.countUsers({ includeDeleted: true }), 500);
    });

    test("a page survives inserts before it, and the delete of the user that its cursor names", async () => {
      await using store = await open();
      await createUsers(store, newUser("b"), newUser("d"), newUser("f"), newUser("h"));
      const order: UserOrder = { field: "name", descending: false };
      const first = await store.listUsers({ filter: {}, order, limit: 2 });
      await createUsers(store, newUser("a"), newUser("c"), newUser("e"));
      await changed(store, { kind: "delete", time: TIME, id: 2 });
      const second = await store.listUsers({ filter: {}, order, limit: 10, after: first.next });
      assert.deepEqual(
        second.users.map(user => user.name),
        ["e", "f", "h"],
      );
    });

    test("a store without users is empty, and one with a deleted user is not", async () => {
      await using store = await open();
      assert.equal(await store.isEmpty(), true);
      assert.deepEqual(await store.listUsers({ filter: {}, order: ORDER_BY_ID, limit: 1 }), {
        users: [],
        next: undefined,
      });
      await createUsers(store, newUser("A"));
      await changed(store, { kind: "delete", time: TIME, id: 1 });
      assert.equal(await store.isEmpty(), false);
    });
  });
}

async function allIds(store: UserStore, filter: UserFilter, order: UserOrder, limit: number): Promise<number[]> {
  const ids: number[] = [];
  let after: UserCursor | undefined;
  do {
    const page = await store.listUsers({ filter, order, limit, after });
    assert.ok(page.users.length <= limit);
    ids.push(...page.users.map(({ id }) => id));
    after = page.next;
  } while (after);
  return ids;
}
