import { constants, existsSync } from "node:fs";
import { chmod, copyFile, realpath, rm } from "node:fs/promises";
import { StoreOpenError } from "../errors.ts";
import { flush, putCopy } from "./backup.ts";
import { resolveDataFile } from "./data-file.ts";
import { resultCode, SQLITE } from "./database.ts";
import { assertUnused, lockFile } from "./file-lock.ts";
import { assertOwnJournal } from "./own-journal.ts";
import { PRIVATE_FILE } from "./private-file.ts";

/** What may lie beside a data file and be a part of it, or of the one that was in its place before. */
const JOURNALS = ["-wal", "-shm", "-journal"];

/** What a restore did. */
export interface Restored {
  /** The data file. */
  readonly file: string;
  readonly bytes: number;
  /** Where what was there before is kept, with its journal where that could not be moved into it; undefined for none. */
  readonly kept: string | undefined;
}

/**
 * Puts a copy of a backup in the place of a data file, under an id of its own as each copy has. What was there is kept
 * beside it first, and its journal goes: SQLite would write it over the copy. A power cut leaves the old file or the new
 * one. Throws {@link StoreOpenError} where the backup is missing, not ours or damaged, and where a server has the file.
 */
export async function restoreDataFile(backup: string, target: string, now = new Date()): Promise<Restored> {
  const file = resolveDataFile(target);
  const lock = lockFile(file);
  try {
    if ((await realpath(backup).catch(() => undefined)) === file) {
      throw new StoreOpenError(`"${backup}" is the data file itself`);
    }
    assertOwnJournal(backup);
    if (existsSync(file)) mergeJournal(file);
    const kept = existsSync(file) ? `${file}.before-restore-${now.toISOString().replaceAll(":", "")}` : undefined;
    const bytes = await putCopy(backup, file, async () => {
      if (kept !== undefined) await keep(file, kept);
      for (const suffix of JOURNALS) await rm(`${file}${suffix}`, { force: true });
    });
    return { file, bytes, kept };
  } finally {
    lock.release();
  }
}

/** Moves a journal into its file, so that the file is whole alone. What is damaged, or not ours, stays as it is. */
function mergeJournal(file: string): void {
  try {
    assertOwnJournal(file);
  } catch (error) {
    if (error instanceof StoreOpenError) return;
    throw error;
  }
  try {
    assertUnused(file);
  } catch (error) {
    const code = resultCode(error);
    if (code !== SQLITE.CORRUPT && code !== SQLITE.NOTADB) throw error;
  }
}

async function keep(file: string, kept: string): Promise<void> {
  for (const suffix of ["", "-wal", "-journal"]) {
    if (!existsSync(`${file}${suffix}`)) continue;
    const copy = `${kept}${suffix}`;
    await copyFile(`${file}${suffix}`, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await chmod(copy, PRIVATE_FILE);
    await flush(copy);
  }
}
