import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchState, batchNeeds, decideBatch } from "./batch.ts";
import { createdRecord } from "./changes.ts";
import { newUser, TIME } from "./contract/driver.ts";
import type { UserRecord } from "./records.ts";
import type { Write } from "./writes.ts";

/** A database with users A to C, ids 1 to 3, and ten events. */
function stateWith(...users: UserRecord[]): BatchState {
  const all = users.length > 0 ? users : ["A", "B", "C"].map((name, i) => createdRecord(newUser(name), i + 1, TIME));
  return { users: new Map(all.map(user => [user.id, user])), requests: new Map(), lastId: 3, lastSeq: 10 };
}

const toEmail = (id: number, email: string): Write => ({ kind: "update", time: TIME, id, changes: { email } });

test("what a batch needs is asked for once, emails folded", () => {
  const request = { id: "r", fingerprint: "f" };
  const needs = batchNeeds([
    { kind: "create", time: TIME, users: [newUser("A"), newUser("B")], request },
    toEmail(7, "A@Example.com"),
    { kind: "undelete", time: TIME, id: 7 },
    { kind: "append", time: TIME, id: 8, type: "login", payload: new Uint8Array(), request },
  ]);
  assert.deepEqual(needs, { ids: [7, 8], emails: ["a@example.com", "b@example.com"], revived: [7], requests: ["r"] });
});

test("ids and numbers follow the last ones without a gap; a refused write uses none", () => {
  const plan = decideBatch(
    [
      { kind: "create", time: TIME, users: [newUser("D"), newUser("E")] },
      { kind: "create", time: TIME, users: [newUser("F"), newUser("a")] },
      { kind: "delete", time: TIME, id: 9 },
      { kind: "create", time: TIME, users: [newUser("F")] },
    ],
    stateWith(),
  );
  assert.deepEqual(
    plan.results.map(result => (result.status === "created" ? result.ids : result.status)),
    [[4, 5], "refused", "refused", [6]],
  );
  assert.deepEqual(
    plan.events.map(({ seq, tx, userId }) => [seq, tx, userId]),
    [
      [11, 11, 4],
      [12, 11, 5],
      [13, 13, 6],
    ],
  );
});

test("a batch ends before a write that takes an email which a user of the database gave up in it", () => {
  const writes = [toEmail(1, "free@example.com"), toEmail(2, "a@example.com"), toEmail(3, "x@example.com")];
  assert.equal(decideBatch(writes, stateWith()).results.length, 1);
  assert.equal(decideBatch(writes.slice(1), stateWith()).results[0]?.status, "refused");
  // The email of a user that the batch itself made stands in no row yet.
  const made = decideBatch(
    [
      { kind: "create", time: TIME, users: [newUser("D")] },
      { kind: "delete", time: TIME, id: 4 },
      toEmail(1, "d@example.com"),
    ],
    stateWith(),
  );
  assert.deepEqual(
    made.results.map(({ status }) => status),
    ["created", "changed", "changed"],
  );
  assert.deepEqual([made.created.map(({ id }) => id), made.changed.map(({ id }) => id)], [[4], [1]]);
});

test("a user that several writes change is stored once, as the last one leaves it", () => {
  const plan = decideBatch(
    [
      { kind: "update", time: 1, id: 1, changes: { name: "X" } },
      { kind: "update", time: 2, id: 1, changes: { role: "admin" } },
      { kind: "delete", time: 3, id: 1, ifVersion: 3 },
    ],
    stateWith(),
  );
  assert.deepEqual(
    plan.changed.map(({ id, name, role, version, deleteTime }) => [id, name, role, version, deleteTime]),
    [[1, "X", "admin", 4, 3]],
  );
  assert.deepEqual(
    plan.events.map(({ before, user }) => [before?.version, user?.version]),
    [
      [1, 2],
      [2, 3],
      [3, 4],
    ],
  );
});
