import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** A connection. The one place that names the class, since Node is about to rename it. */
export type Database = DatabaseSync;
/** A prepared statement. */
export type Statement = StatementSync;
/** What can be bound to a statement. */
export type Value = SQLInputValue;

/** Result codes of SQLite: https://www.sqlite.org/rescode.html */
export const SQLITE = {
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  CONSTRAINT: 19,
  NOTADB: 26,
} as const;

/** How to open a connection. */
export interface ConnectionOptions {
  readonly readOnly?: boolean;
  /** How long to wait for another connection's lock, in milliseconds. Defaults to 5,000. */
  readonly busyTimeoutMs?: number;
  /** The most memory for cached pages, in KiB. Defaults to 8,192. */
  readonly cacheKib?: number;
}

/** Opens a connection that trusts nothing the file's schema says. Throws what `node:sqlite` throws. */
export function openConnection(file: string | URL, options: ConnectionOptions = {}): Database {
  const { readOnly = false, busyTimeoutMs = 5000, cacheKib = 8192 } = options;
  const database = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs });
  try {
    database.exec(`PRAGMA trusted_schema = OFF; PRAGMA cache_size = -${cacheKib}`);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Copies the database of a connection into a new file, as of one moment, on a thread of the pool. All pages are copied
 * in one step: with smaller ones, each commit of another connection would start the copy again.
 */
export async function copyDatabase(source: Database, file: string): Promise<void> {
  await backup(source, file, { rate: 2 ** 31 - 1 });
}

/** The primary result code of an error of SQLite; undefined where the error is of another kind. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}
