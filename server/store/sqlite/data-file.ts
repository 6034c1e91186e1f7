import { realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StoreOpenError } from "../errors.ts";
import type { DatabaseIdentity } from "../user-store.ts";
import { type Database, openConnection, resultCode, SQLITE } from "./database.ts";
import { assertUnused } from "./file-lock.ts";
import { makeFolder } from "./make-folder.ts";
import { APPLICATION_ID, migrate } from "./migrations.ts";
import { assertOwnJournal, readHeader } from "./own-journal.ts";
import { createPrivately, makePrivate, PRIVATE_FOLDER } from "./private-file.ts";

/**
 * The most memory for pages that reads have seen, in KiB; without writes in between, those need no system call. Holds
 * 16,000 users at random places. A memory map would do as well, but a disk that fails would then end the process.
 */
const READ_CACHE_KIB = 65_536;

/**
 * Makes the folder of a data file where there is none, for its owner alone, and returns the one true path of the file. Throws
 * {@link StoreOpenError} where the folder cannot be made.
 */
export function resolveDataFile(file: string): string {
  const path = resolve(file);
  try {
    makeFolder(dirname(path), PRIVATE_FOLDER);
  } catch (error) {
    throw new StoreOpenError(`"${path}" cannot be opened: ${(error as Error).message}`, { cause: error });
  }
  // Two names of one file, by a link, must lead to one lock.
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
}

/**
 * Opens a data file, makes it where there is none, and brings its schema up to date. The connection that it answers
 * only reads from then on. The file is its owner's alone. Takes the same time however much the file holds. Throws
 * {@link StoreOpenError} where the file is not ours, evidently damaged, in use under another name, or beside the
 * journal of another one. The caller has the file's lock, and nothing else of it open.
 */
export function openDataFile(file: string): { readonly database: Database; readonly identity: DatabaseIdentity } {
  let database: Database | undefined;
  try {
    assertOwnJournal(file);
    createPrivately(file);
    if (readHeader(file)?.applicationId === APPLICATION_ID) assertUnused(file);
    database = openConnection(file, { cacheKib: READ_CACHE_KIB });
    // WAL comes after migrate has found the file to be ours, so that a foreign one stays as it was.
    database.exec("PRAGMA synchronous = FULL");
    migrate(database, file);
    for (const suffix of ["", "-wal", "-shm"]) makePrivate(`${file}${suffix}`);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA query_only = ON");
    return { database, identity: readIdentity(database) };
  } catch (error) {
    database?.close();
    throw explain(error, file);
  }
}

/**
 * Opens a data file that another process of this server has opened by `openDataFile`, and keeps open. The connection only
 * reads. Throws {@link StoreOpenError} where it cannot be opened.
 */
export function joinDataFile(file: string): { readonly database: Database; readonly identity: DatabaseIdentity } {
  let database: Database | undefined;
  try {
    database = openConnection(file, { cacheKib: READ_CACHE_KIB });
    database.exec("PRAGMA query_only = ON");
    return { database, identity: readIdentity(database) };
  } catch (error) {
    database?.close();
    throw explain(error, file);
  }
}

function readIdentity(database: Database): DatabaseIdentity {
  const find = database.prepare("SELECT value FROM meta WHERE key = ?");
  return { id: String(find.get("database_id")?.value), key: find.get("key")?.value as Uint8Array };
}

function explain(error: unknown, file: string): unknown {
  switch (resultCode(error)) {
    case SQLITE.NOTADB:
      return new StoreOpenError(`"${file}" is not a database`, { cause: error });
    case SQLITE.CORRUPT:
      return new StoreOpenError(`"${file}" is damaged`, { cause: error });
    case SQLITE.CANTOPEN:
      return new StoreOpenError(`"${file}" cannot be opened`, { cause: error });
    case SQLITE.READONLY:
      return new StoreOpenError(`"${file}" cannot be written`, { cause: error });
    default:
      return error;
  }
}
