import { closeSync, openSync, readSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { StoreOpenError } from "../errors.ts";
import { type Database, openConnection } from "./database.ts";

/** Bytes of the header of a database, and of a log: https://www.sqlite.org/fileformat2.html */
const HEADER_BYTES = 100;
const WAL_HEADER_BYTES = 32;

/** What the header of a data file says without its log. */
export interface FileHeader {
  readonly applicationId: number;
  /** The file has been used with a log, and may have one that is its own. */
  readonly usesLog: boolean;
}

/**
 * Reads the header of a data file; undefined where there is none, or an empty file. Not for a file that this process
 * has open: closing it here would let go of the locks that SQLite has on it.
 */
export function readHeader(file: string): FileHeader | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  const opened = openSync(file, "r");
  try {
    if (readSync(opened, bytes) < HEADER_BYTES) return undefined;
  } finally {
    closeSync(opened);
  }
  return { applicationId: bytes.readUInt32BE(68), usesLog: bytes[18] === 2 };
}

/**
 * Throws {@link StoreOpenError} where the log beside a data file (`-wal`) is that of another one, whose place the file
 * has taken: SQLite would write its pages over the file's. So it is where the file was never used with a log, as a
 * backup was not; and where the log, each commit of which writes the page with the database's id, has another id.
 */
export function assertOwnJournal(file: string): void {
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) < WAL_HEADER_BYTES) return;
  const header = readHeader(file);
  if (header?.usesLog && sameDatabase(file)) return;
  throw new StoreOpenError(
    `"${file}-wal" is the journal of another database than "${file}": ` +
      `restore a backup by "concierge restore", or move the journal away and start again`,
  );
}

/** Prepares the statement that has a commit write the page with the database's id into the log. */
export function prepareCommitMark(database: Database): () => void {
  const mark = database.prepare("UPDATE meta SET value = value + 1 WHERE key = 'commits'");
  return () => void mark.run();
}

function sameDatabase(file: string): boolean {
  const alone = pathToFileURL(file);
  alone.searchParams.set("immutable", "1");
  const id = readId(alone);
  // Without its log the file may be of no one moment, and not readable: then nothing speaks against the log.
  return id === undefined || id === readId(file);
}

function readId(file: string | URL): unknown {
  let database: Database | undefined;
  try {
    database = openConnection(file, { readOnly: true });
    return database.prepare("SELECT value FROM meta WHERE key = 'database_id'").get()?.value;
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}
