import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StoreOpenError } from "../errors.ts";
import { copyDatabase, openConnection } from "./database.ts";
import { assertKnown } from "./migrations.ts";
import { createPrivately } from "./private-file.ts";

/**
 * Copies a data file as of one moment, whether or not a server has it open, and returns the size of the copy in bytes.
 * The target is replaced in one step, once the copy is complete and on disk. The copy gets a database id of its own: it
 * goes on from that moment another way than the original does, so positions of one must not be taken for the other's.
 * It is its owner's alone. Throws {@link StoreOpenError} where the source is missing, not ours, or damaged, and where
 * the target is the source, or another database in use.
 */
export async function backupDataFile(source: string, target: string): Promise<number> {
  const file = resolve(target);
  if (await isSameFile(source, file)) throw new StoreOpenError(`"${target}" is the database itself`);
  // Renamed into the place of a database that is in use, a backup would be written over by that one's journal.
  if ((await stat(`${file}-wal`).catch(() => undefined)) !== undefined) {
    throw new StoreOpenError(`"${target}" is a database with a journal: restore a backup by "concierge restore"`);
  }
  return putCopy(source, file);
}

/**
 * As {@link backupDataFile}, with a last step to do before the target is replaced, once its copy is complete and on
 * disk; what that throws leaves the target as it was.
 */
export async function putCopy(source: string, file: string, beforeReplacing = async () => {}): Promise<number> {
  if ((await stat(source).catch(() => undefined)) === undefined) throw new StoreOpenError(`"${source}" does not exist`);
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  try {
    createPrivately(partial);
    await copyInto(partial, source);
    const bytes = await flush(partial);
    await beforeReplacing();
    await rename(partial, file);
    await flush(dirname(file));
    return bytes;
  } finally {
    await rm(partial, { force: true });
  }
}

async function copyInto(file: string, source: string): Promise<void> {
  const from = openConnection(source, { readOnly: true });
  try {
    assertKnown(from, source);
    await copyDatabase(from, file);
  } finally {
    from.close();
  }
  const copy = openConnection(file);
  try {
    const [problem] = Object.values(copy.prepare("PRAGMA quick_check(1)").get() ?? {});
    if (problem !== "ok") throw new StoreOpenError(`"${source}" is damaged: ${problem}`);
    // One file on its own, with no log beside it; a server that opens it turns the log on again.
    copy.exec("PRAGMA journal_mode = DELETE");
    copy.prepare("UPDATE meta SET value = ? WHERE key = 'database_id'").run(randomUUID());
  } finally {
    copy.close();
  }
}

/** Waits until a file or folder is on disk; answers its size in bytes. */
export async function flush(path: string): Promise<number> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const paths = await Promise.all([one, other].map(path => realpath(path).catch(() => undefined)));
  return paths[0] !== undefined && paths[0] === paths[1];
}
