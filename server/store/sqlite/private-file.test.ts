import assert from "node:assert/strict";
import { chmodSync, mkdtempDisposableSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { createUser, newUser } from "../contract/driver.ts";
import { backupDataFile } from "./backup.ts";
import { restoreDataFile } from "./restore.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** The name and mode of a folder's files, and of the folder. */
function modesIn(folder: string): Record<string, string> {
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const files = readdirSync(folder).map(name => [name, modeOf(join(folder, name))]);
  return Object.fromEntries([...files, [".", modeOf(folder)]]);
}

function dataFile(t: TestContext): string {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  return join(folder.path, "data", "x.db");
}

test("a new folder and all files that hold users are their owner's alone", async t => {
  const file = dataFile(t);
  const folder = dirname(file);
  {
    await using store = await openSqliteStore({ file });
    await createUser(store, newUser("A"));
    await backupDataFile(file, `${file}.copy`);
    const names = ["x.db", "x.db-lock", "x.db-shm", "x.db-wal", "x.db.copy"];
    assert.deepEqual(modesIn(folder), { ".": "700", ...Object.fromEntries(names.map(name => [name, "600"])) });
  }
  await restoreDataFile(`${file}.copy`, file);
  const { ".": _, ...files } = modesIn(folder);
  assert.equal(Object.keys(files).length, 4);
  assert.deepEqual([...new Set(Object.values(files))], ["600"]);
});

test("files that an earlier version left open to others are closed to them at the start", async t => {
  const file = dataFile(t);
  await (await openSqliteStore({ file })).close();
  for (const name of [file, `${file}-lock`]) chmodSync(name, 0o644);
  chmodSync(dirname(file), 0o755);
  await (await openSqliteStore({ file })).close();
  // A folder that was there before may be shared on purpose.
  assert.deepEqual(modesIn(dirname(file)), { ".": "755", "x.db": "600", "x.db-lock": "600" });
});
