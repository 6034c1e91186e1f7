import { chmodSync, closeSync, constants, openSync, statSync } from "node:fs";
import { StoreOpenError } from "../errors.ts";

/** The mode of files that hold users: for the owner alone. What SQLite puts beside a file gets the file's mode. */
export const PRIVATE_FILE = 0o600;
/** The mode of folders that are made for such files. */
export const PRIVATE_FOLDER = 0o700;

/** Makes an empty file for its owner alone where there is none; that it cannot be made shows when it is opened. */
export function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, PRIVATE_FILE));
  } catch {
    // It is there, or whoever opens it says why it cannot be.
  }
}

/**
 * Takes the rights of others from a file, also where an earlier version made it; does nothing where there is none.
 * Throws {@link StoreOpenError} where that cannot be done. Windows has no such modes.
 */
export function makePrivate(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) === 0 || process.platform === "win32") return;
  try {
    chmodSync(file, mode & PRIVATE_FILE);
  } catch (error) {
    const rights = (mode & 0o777).toString(8);
    const reason = (error as Error).message;
    throw new StoreOpenError(`"${file}" is open to others (mode ${rights}) and cannot be closed to them: ${reason}`, {
      cause: error,
    });
  }
}
