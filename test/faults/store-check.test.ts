import assert from "node:assert/strict";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openConnection } from "../../server/store/sqlite/database.ts";
import { openSqliteStore } from "../../server/store/sqlite/sqlite-store.ts";
import { batchOf } from "./batches.ts";
import { checkStore } from "./store-check.ts";

/** What is found in a store of two batches of two users, after something was done to its file. */
async function problemsAfter(damage: string): Promise<readonly string[]> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  const file = join(folder.path, "x.db");
  const store = await openSqliteStore({ file });
  for (const label of ["a", "b"]) {
    const users = batchOf(label, 2).map(user => ({ ...user, role: "viewer" as const }));
    await store.write({ kind: "create", time: 1, users });
  }
  await store.write({ kind: "update", time: 2, id: 1, changes: { age: 30, role: "editor" } });
  await store.close();
  const connection = openConnection(file);
  connection.exec(damage);
  connection.close();
  await using again = await openSqliteStore({ file });
  return (await checkStore(again, file)).problems;
}

test("a store that is whole has no problems", async () => {
  assert.deepEqual(await problemsAfter(""), []);
});

test("what is missing or does not agree is found", async () => {
  const damages: [string, readonly string[]][] = [
    ["DELETE FROM events WHERE seq > 4", ["user 1 is not what its last event says"]],
    ["UPDATE events SET seq = 9 WHERE seq = 6", ["event 6 has number 9"]],
    ["UPDATE events SET tx = 5 WHERE seq = 3", ["event 3 is of transaction 5, not 3"]],
    ["UPDATE events SET type = 'updated' WHERE seq = 2", ['event 2, "updated", of user 2']],
    ["UPDATE users SET age = 31 WHERE id = 1", ["user 1 is not what its last event says"]],
    ["DELETE FROM users WHERE id = 4", ["user 4 has events alone", "batch b is torn"]],
  ];
  for (const [damage, expected] of damages) {
    const problems = await problemsAfter(damage);
    for (const problem of expected) assert.ok(problems.includes(problem), `${damage}: ${problems}`);
  }
});
