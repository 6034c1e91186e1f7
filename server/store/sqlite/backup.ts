import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StoreOpenError } from "../errors.ts";
import { copyDatabase, openConnection } from "./database.ts";
import { APPLICATION_ID, readPragma } from "./migrations.ts";

/**
 * Copies a data file as of one moment, whether or not a server has it open, and answers the size of the copy in bytes.
 * The target is replaced in one step, once the copy is complete and on disk. The copy gets a database id of its own: it
 * goes on from that moment another way than the original does, so positions of one must not be taken for the other's.
 * Throws {@link StoreOpenError} where the source is missing or not ours.
 */
export async function backupDataFile(source: string, target: string): Promise<number> {
  if ((await stat(source).catch(() => undefined)) === undefined) throw new StoreOpenError(`"${source}" does not exist`);
  const file = resolve(target);
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  try {
    await copyInto(partial, source);
    const bytes = await flush(partial);
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
    if (readPragma(from, "application_id") !== APPLICATION_ID) {
      throw new StoreOpenError(`"${source}" is a database of another program`);
    }
    await copyDatabase(from, file);
  } finally {
    from.close();
  }
  const copy = openConnection(file);
  try {
    // One file on its own, with no log beside it; a server that opens it turns the log on again.
    copy.exec("PRAGMA journal_mode = DELETE");
    copy.prepare("UPDATE meta SET value = ? WHERE key = 'database_id'").run(randomUUID());
  } finally {
    copy.close();
  }
}

/** Waits until a file or folder is on disk; answers its size in bytes. */
async function flush(path: string): Promise<number> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
