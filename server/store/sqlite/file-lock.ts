import { statSync } from "node:fs";
import { StoreOpenError } from "../errors.ts";
import { type Database, openConnection, resultCode, SQLITE } from "./database.ts";
import { createPrivately, makePrivate } from "./private-file.ts";

/** How long a store waits for others to let go of its file, a backup among them, in milliseconds. */
const IN_USE_TIMEOUT_MS = 5000;

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
  createPrivately(`${file}-lock`);
  makePrivate(`${file}-lock`);
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

/**
 * Throws {@link StoreOpenError} where somebody has the data file open under another name than that of the lock: each
 * connection has a lock on the file itself, which an exclusive one has to wait for. Also where the file has several
 * names, for its log goes by the one that it was opened with. Moves what a crash has left in the log into the file.
 */
export function assertUnused(file: string, waitMs = IN_USE_TIMEOUT_MS): void {
  const names = statSync(file, { throwIfNoEntry: false })?.nlink ?? 1;
  if (names > 1) throw new StoreOpenError(`"${file}" has ${names} names (hard links), and can have one only`);
  const probe = openConnection(file, { busyTimeoutMs: waitMs });
  try {
    probe.exec("PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK");
  } catch (error) {
    if (resultCode(error) === SQLITE.BUSY) {
      throw new StoreOpenError(`"${file}" is in use by another server, or a backup`, { cause: error });
    }
    throw error;
  } finally {
    probe.close();
  }
}
