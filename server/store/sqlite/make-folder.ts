import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it, that a power cut does not take away again: a name lasts once the folder that holds
 * it is synced. Node's own recursive way never comes back where a folder exists and none can be made in it, as in /proc. Throws Node's error.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(folder)) throw error;
  }
  // Windows keeps names without being asked, and refuses to be.
  if (process.platform === "win32") return;
  const opened = openSync(parent, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
