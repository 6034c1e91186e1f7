import { randomBytes, randomUUID } from "node:crypto";
import { StoreOpenError } from "../errors.ts";
import { foldText } from "../queries.ts";
import type { Database } from "./database.ts";

/** Marks a file as ours: "Cnrg" in ASCII. https://www.sqlite.org/pragma.html#pragma_application_id */
export const APPLICATION_ID = 0x436e7267;

/*
 * users_by_email is unique among the users that are not deleted, since each deleted one has an id of its own in the
 * second column; it also finds an email and sorts by it, so one index does what would be the work of two.
 * A user's id is never given twice, for users are never removed; events are, so theirs need AUTOINCREMENT.
 * events.tx is the seq of the first event of its transaction.
 */
const FIRST_SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    age INTEGER,
    bio TEXT,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    delete_time INTEGER,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX users_by_email ON users (email_key, (CASE WHEN delete_time IS NULL THEN 0 ELSE id END));
  CREATE INDEX users_by_name ON users (name_key, id);
  CREATE INDEX users_by_create_time ON users (create_time, id);
  CREATE INDEX users_by_role ON users (role, id);
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tx INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    time INTEGER NOT NULL,
    user TEXT,
    before TEXT,
    payload BLOB
  ) STRICT;
  CREATE TABLE requests (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    time INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_by_time ON requests (time);
`;

/** What brings the schema from each version to the next; the first makes version 1. Append only. */
const MIGRATIONS: readonly ((database: Database) => void)[] = [
  database => {
    database.exec(FIRST_SCHEMA);
    const put = database.prepare("INSERT INTO meta (key, value) VALUES (?, ?)");
    put.run("database_id", randomUUID());
    put.run("key", randomBytes(32));
    put.run("trimmed_tx", 0);
    put.run("trimmed_seq", 0);
  },
  database => database.exec("INSERT INTO meta (key, value) VALUES ('commits', 0)"),
  foldAnew,
];

/** Writes the keys of names and emails that are folded another way now; those in ASCII never are. */
function foldAnew(database: Database): void {
  const find = database.prepare("SELECT id, name, email FROM users WHERE name || email GLOB '*[^ -~]*'");
  const put = database.prepare("UPDATE users SET name_key = ?, email_key = ? WHERE id = ?");
  for (const { id, name, email } of find.all()) put.run(foldText(String(name)), foldText(String(email)), Number(id));
}

/**
 * Brings the schema up to date in one transaction; does nothing where it is. Throws {@link StoreOpenError} where the
 * file belongs to another program, or to a newer version of this one.
 */
export function migrate(database: Database, file: string): void {
  const applicationId = readPragma(database, "application_id");
  const version = readPragma(database, "user_version");
  if (applicationId !== 0 || version !== 0 || !isBlank(database)) assertKnown(database, file);
  if (applicationId === APPLICATION_ID && version === MIGRATIONS.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of MIGRATIONS.slice(version)) migration(database);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Throws {@link StoreOpenError} where a database is of another program, or of a newer version of this one. */
export function assertKnown(database: Database, file: string): void {
  if (readPragma(database, "application_id") !== APPLICATION_ID) {
    throw new StoreOpenError(`"${file}" is a database of another program`);
  }
  const version = readPragma(database, "user_version");
  if (version > MIGRATIONS.length) {
    throw new StoreOpenError(
      `"${file}" has schema version ${version}, newer than the ${MIGRATIONS.length} that this program knows`,
    );
  }
}

/** Reads a pragma whose value is a number. */
function readPragma(database: Database, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

function isBlank(database: Database): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}
