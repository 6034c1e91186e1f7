import { StoreOpenError } from "../errors.ts";
import { type Database, openConnection, resultCode, SQLITE } from "./database.ts";

/** Keeps other processes from opening the same data file. */
export interface FileLock {
  /** Lets go. Also happens when the process ends, however it ends. */
  release(): void;
}

/**
 * Takes the lock of a data file: an exclusive lock of the operating system on an empty file beside it, through SQLite,
 * which knows how on each system. The data file itself stays readable for backups. Throws {@link StoreOpenError} where
 * another store has the lock, in this process or in any other on this machine, and where the empty file cannot be opened.
 */
export function lockFile(file: string): FileLock {
  let lock: Database | undefined;
  try {
    lock = openConnection(`${file}-lock`, { busyTimeoutMs: 0 });
    // No journal beside it, so that a killed process leaves nothing but an empty file.
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    const code = resultCode(error);
    if (code === SQLITE.BUSY) throw new StoreOpenError(`"${file}" is in use by another server`, { cause: error });
    if (code === SQLITE.CANTOPEN) throw new StoreOpenError(`"${file}-lock" cannot be opened`, { cause: error });
    throw error;
  }
  const held = lock;
  return { release: () => held.close() };
}
