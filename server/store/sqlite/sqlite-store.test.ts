import assert from "node:assert/strict";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  openSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { createUser, createUsers, newUser, TIME } from "../contract/driver.ts";
import { backupDataFile } from "./backup.ts";
import { openConnection } from "./database.ts";
import { openSqliteStore } from "./sqlite-store.ts";

function dataFile(t: TestContext): string {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  return join(folder.path, "data", "x.db");
}

function refuses(file: string, message: string): Promise<void> {
  return assert.rejects(openSqliteStore({ file }), { name: "StoreOpenError", message });
}

test("what was written is there after a restart, under the same identity", async t => {
  const file = dataFile(t);
  let store = await openSqliteStore({ file });
  const { identity } = store;
  await createUsers(store, newUser("A"), newUser("B"));
  const bounds = await store.eventBounds();
  await store.close();
  assert.equal(existsSync(`${file}-wal`), false);
  store = await openSqliteStore({ file });
  t.after(() => store.close());
  assert.deepEqual(store.identity, identity);
  assert.deepEqual(await store.eventBounds(), bounds);
  assert.equal(await createUser(store, newUser("C")), 3);
});

test("a data file has one server at a time, under any name", async t => {
  const file = dataFile(t);
  const link = `${file}-link`;
  const store = await openSqliteStore({ file });
  t.after(() => store.close());
  symlinkSync(file, link);
  await refuses(file, `"${file}" is in use by another server`);
  await refuses(link, `"${file}" is in use by another server`);
  await store.close();
  await (await openSqliteStore({ file: link })).close();
});

test("a running store has its file, the log's two, and an empty lock", async t => {
  const file = dataFile(t);
  const store = await openSqliteStore({ file });
  t.after(() => store.close());
  await createUser(store, newUser("A"));
  assert.deepEqual(readdirSync(dirname(file)).sort(), ["x.db", "x.db-lock", "x.db-shm", "x.db-wal"]);
  await store.close();
  assert.deepEqual(readdirSync(dirname(file)).sort(), ["x.db", "x.db-lock"]);
});

test("the log is in WAL mode", async t => {
  const file = dataFile(t);
  await using store = await openSqliteStore({ file });
  await createUser(store, newUser("A"));
  const other = openConnection(file, { readOnly: true });
  assert.deepEqual({ ...other.prepare("PRAGMA journal_mode").get() }, { journal_mode: "wal" });
  other.close();
});

test("a file that is no database is refused, and left as it was", async t => {
  const file = dataFile(t);
  await (await openSqliteStore({ file })).close();
  writeFileSync(file, "not a database, but long enough to look at".repeat(100));
  await refuses(file, `"${file}" is not a database`);
});

test("a database of another program is refused, and left as it was", async t => {
  const file = dataFile(t);
  await (await openSqliteStore({ file })).close();
  const other = openConnection(`${file}2`);
  other.exec("CREATE TABLE t (x)");
  other.close();
  await refuses(`${file}2`, `"${file}2" is a database of another program`);
  assert.equal(existsSync(`${file}2-wal`), false);
});

test("a file that cannot be opened, or not locked, is refused", async t => {
  const file = dataFile(t);
  const folder = dirname(file);
  await (await openSqliteStore({ file })).close();
  await refuses(folder, `"${folder}" cannot be opened`);
  const below = join(file, "y.db");
  await refuses(below, `"${below}" cannot be opened: EEXIST: file already exists, mkdir '${file}'`);
  const link = join(folder, "link");
  symlinkSync(join(folder, "nowhere"), link);
  const beyond = join(link, "further", "x.db");
  await refuses(beyond, `"${beyond}" cannot be opened: EEXIST: file already exists, mkdir '${link}'`);
  if (process.platform === "linux") {
    const nowhere = "/proc/none/x/y.db";
    await refuses(nowhere, `"${nowhere}" cannot be opened: ENOENT: no such file or directory, mkdir '/proc/none'`);
  }
  mkdirSync(join(folder, "y.db-lock"));
  await refuses(join(folder, "y.db"), `"${join(folder, "y.db-lock")}" cannot be opened`);
});

test("a database of a newer version is refused", async t => {
  const file = dataFile(t);
  await (await openSqliteStore({ file })).close();
  const other = openConnection(file);
  other.exec("PRAGMA user_version = 99");
  other.close();
  await refuses(file, `"${file}" has schema version 99, newer than the 3 that this program knows`);
});

test("a database of an earlier version finds names by how they are folded now", async t => {
  const file = dataFile(t);
  const store = await openSqliteStore({ file });
  await createUsers(store, newUser("Strauß"), newUser("Ann"));
  await store.close();
  const earlier = openConnection(file);
  earlier.exec("UPDATE users SET name_key = 'strauß' WHERE id = 1; PRAGMA user_version = 2");
  earlier.close();
  await using again = await openSqliteStore({ file });
  assert.equal(await again.countUsers({ name: ["STRAUSS"] }), 1);
});

test("a file that has lost its end is refused", async t => {
  const file = dataFile(t);
  const store = await openSqliteStore({ file });
  await createUsers(store, ...Array.from({ length: 200 }, (_, i) => newUser(`u${i}`)));
  await store.close();
  truncateSync(file, 20_000);
  await refuses(file, `"${file}" is damaged`);
});

test("a file with a torn first page is refused", async t => {
  const file = dataFile(t);
  await (await openSqliteStore({ file })).close();
  const connection = openConnection(file);
  const { page_size } = connection.prepare("PRAGMA page_size").get() as { page_size: number };
  connection.close();
  copyFileSync(file, `${file}2`);
  const bytes = Buffer.alloc(page_size - 100, 0xff);
  const handle = openSync(`${file}2`, "r+");
  writeSync(handle, bytes, 0, bytes.length, 100);
  closeSync(handle);
  await refuses(`${file}2`, `"${file}2" is damaged`);
});

test("a backup holds one moment, with a server writing or with none, and goes on under an id of its own", async t => {
  const file = dataFile(t);
  const store = await openSqliteStore({ file });
  await createUser(store, newUser("first"));
  let writing = true;
  const writes = Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; writing; i++) {
      await createUsers(store, newUser(`w${writer}-${i}`), newUser(`w${writer}-${i}-twin`));
    }
  });
  await backupDataFile(file, `${file}.live`);
  writing = false;
  await Promise.all(writes);
  const newest = (await store.eventBounds()).newest.seq;
  await store.close();
  const bytes = await backupDataFile(file, `${file}.cold`);
  assert.ok(bytes > 20_000);

  for (const copy of [`${file}.live`, `${file}.cold`]) {
    const check = openConnection(copy, { readOnly: true });
    assert.equal(check.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
    check.close();
    await using restored = await openSqliteStore({ file: copy });
    const users = await restored.countUsers({});
    assert.equal(users % 2, 1, "pairs are whole");
    assert.equal((await restored.eventBounds()).newest.seq, BigInt(users));
    assert.notEqual(restored.identity.id, store.identity.id);
    if (copy.endsWith(".cold")) assert.equal(BigInt(users), newest);
    await createUsers(restored, newUser("after", { createTime: TIME }));
  }
});

test("a backup of nothing, or of a foreign file, is refused and leaves the target as it was", async t => {
  const file = dataFile(t);
  await (await openSqliteStore({ file })).close();
  await assert.rejects(backupDataFile(`${file}2`, `${file}.copy`), { message: `"${file}2" does not exist` });
  const other = openConnection(`${file}3`);
  other.exec("CREATE TABLE t (x)");
  other.close();
  await assert.rejects(backupDataFile(`${file}3`, `${file}.copy`), { message: /another program/ });
  assert.equal(existsSync(`${file}.copy`), false);
  assert.equal(existsSync(`${file}.copy.partial`), false);
});
