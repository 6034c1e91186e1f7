import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { createUsers, newUser } from "../contract/driver.ts";
import { backupDataFile } from "./backup.ts";
import { openConnection } from "./database.ts";
import { assertUnused } from "./file-lock.ts";
import { restoreDataFile } from "./restore.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const MOMENT = new Date(0);
const KEPT = ".before-restore-1970-01-01T000000.000Z";

function dataFile(t: TestContext): string {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  return join(folder.path, "x.db");
}

/** Leaves a data file as a crash does: the later of its users are in its log alone. Returns a backup of the earlier ones. */
async function crash(file: string, before: string[], after: string[]): Promise<string> {
  const running = `${file}-running`;
  const store = await openSqliteStore({ file: running });
  await createUsers(store, ...before.map(name => newUser(name)));
  await backupDataFile(running, `${file}-backup`);
  await createUsers(store, ...after.map(name => newUser(name)));
  for (const suffix of ["", "-wal"]) copyFileSync(`${running}${suffix}`, `${file}${suffix}`);
  await store.close();
  return `${file}-backup`;
}

async function namesIn(file: string): Promise<string[]> {
  await using store = await openSqliteStore({ file });
  const { users } = await store.listUsers({ filter: {}, order: { field: "id", descending: false }, limit: 100 });
  return users.map(({ name }) => name);
}

function refusesJournal(file: string): Promise<void> {
  const message = `"${file}-wal" is the journal of another database than "${file}": restore a backup by "concierge restore", or move the journal away and start again`;
  return assert.rejects(openSqliteStore({ file }), { name: "StoreOpenError", message });
}

test("a restore after a crash gives what the backup holds, and keeps what the crash had left", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a", "b"], ["c", "d"]);
  const { bytes, kept } = await restoreDataFile(backup, file, MOMENT);
  assert.deepEqual([bytes, kept], [readFileSync(file).length, `${file}${KEPT}`]);
  assert.equal(existsSync(`${file}-wal`), false);
  assert.deepEqual(await namesIn(file), ["a", "b"]);
  assert.deepEqual(await namesIn(`${file}${KEPT}`), ["a", "b", "c", "d"]);
  const ids = [];
  for (const one of [file, backup]) {
    await using store = await openSqliteStore({ file: one });
    ids.push(store.identity.id);
  }
  assert.notEqual(ids[0], ids[1], "tokens of a restored database are not those of the backup");
});

test("a restore makes the database where there is none, and keeps nothing", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a"], []);
  const target = join(dirname(file), "new", "y.db");
  assert.equal((await restoreDataFile(backup, target)).kept, undefined);
  assert.deepEqual(await namesIn(target), ["a"]);
});

test("a backup that was put beside another's journal is not opened, and a restore mends that", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a", "b"], ["c"]);
  copyFileSync(backup, file);
  const before = readFileSync(file);
  await refusesJournal(file);
  assert.deepEqual(readFileSync(file), before, "it is left as it was");
  await restoreDataFile(backup, file, MOMENT);
  assert.deepEqual(await namesIn(file), ["a", "b"]);
  assert.ok(existsSync(`${file}${KEPT}-wal`), "the journal is kept, too");
});

test("a database that has had a log of its own is not opened beside another's, nor is a journal without its file", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a"], ["c"]);
  assert.deepEqual(await namesIn(backup), ["a"]);
  copyFileSync(backup, file);
  await refusesJournal(file);
  renameSync(file, `${file}-away`);
  await refusesJournal(file);
});

test("a crashed store opens with its own journal", async t => {
  const file = dataFile(t);
  await crash(file, ["a"], ["b", "c"]);
  assert.deepEqual(await namesIn(file), ["a", "b", "c"]);
});

test("a restore from a bad backup, or into a database in use, leaves all as it was", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a"], ["b"]);
  const bad = `${file}-bad`;
  const bytes = readFileSync(backup);
  writeFileSync(bad, bytes.fill(0xee, 8192, bytes.length - 4096));
  await assert.rejects(restoreDataFile(bad, file), { name: "StoreOpenError", message: /-bad" is damaged: / });
  copyFileSync(backup, bad);
  const connection = openConnection(bad);
  connection.exec("PRAGMA application_id = 7");
  connection.close();
  await assert.rejects(restoreDataFile(bad, file), { message: `"${bad}" is a database of another program` });
  await assert.rejects(restoreDataFile(`${file}-none`, file), { message: `"${file}-none" does not exist` });
  await assert.rejects(restoreDataFile(file, file), { message: `"${file}" is the data file itself` });
  await using store = await openSqliteStore({ file });
  await assert.rejects(restoreDataFile(backup, file), { message: `"${file}" is in use by another server` });
  assert.equal(await store.countUsers({}), 2);
  assert.deepEqual(
    readdirSync(dirname(file)).filter(name => /partial|restore/.test(name)),
    [],
  );
});

test("a damaged database is replaced all the same, and kept", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a"], ["b"]);
  copyFileSync(import.meta.filename, file);
  await restoreDataFile(backup, file, MOMENT);
  assert.deepEqual(await namesIn(file), ["a"]);
  assert.deepEqual(readFileSync(`${file}${KEPT}`), readFileSync(import.meta.filename));
});

test("a backup does not replace the database itself, or one with a journal", async t => {
  const file = dataFile(t);
  await crash(file, ["a"], ["b"]);
  const other = `${file}-running`;
  await assert.rejects(backupDataFile(other, other), { message: `"${other}" is the database itself` });
  await assert.rejects(backupDataFile(other, file), {
    message: `"${file}" is a database with a journal: restore a backup by "concierge restore"`,
  });
});

test("a database with several names is not opened, nor one that is in use under a former name", async t => {
  const file = dataFile(t);
  const backup = await crash(file, ["a"], []);
  await restoreDataFile(backup, file);
  {
    await using _ = await openSqliteStore({ file });
    renameSync(file, `${file}-renamed`);
    const message = `"${file}-renamed" is in use by another server, or a backup`;
    assert.throws(() => assertUnused(`${file}-renamed`, 0), { message });
    renameSync(`${file}-renamed`, file);
  }
  linkSync(file, `${file}-link`);
  for (const name of [file, `${file}-link`]) {
    await assert.rejects(openSqliteStore({ file: name }), {
      message: `"${name}" has 2 names (hard links), and can have one only`,
    });
  }
});
