import { randomBytes, randomUUID } from "node:crypto";
import { StoreOpenError } from "../errors.ts";
import type { DatabaseIdentity } from "../user-store.ts";
import type { Connection } from "./connection.ts";
import { codeOf } from "./sqlstate.ts";
import type { PostgresTarget } from "./url.ts";

/** Says, of all advisory locks of a database, which is ours: "Cnrg" in ASCII. */
const LOCK = 0x436e7267;

/** Milliseconds that a start waits for another one that is bringing the schema up to date. */
const LOCK_MS = 30_000;

/*
 * As in SQLite, but for COLLATE "C", which sorts keys by their code points whatever the database's locale is.
 *
 * - `lock`: one row for the users and one for the chat room. Whoever writes holds it from before it looks until its commit; so
 *   events are numbered in the order of commits, and numbers and ids have no gaps. It is locked and never changed: a counter
 *   in it would leave a dead row for each batch while any transaction of the cluster is old.
 * - `commits`: the ids of batches, so that one whose COMMIT got no reply can be looked up.
 * - `trimmed`: the last event that is kept no longer.
 * - `forks`: the last event that each timeline but the newest can have had in common with those after it; see `timeline.ts`.
 * - `chat`: what was said in the chat room in the last minute.
 */
const FIRST_SCHEMA = `
  CREATE TABLE lock (name text COLLATE "C" PRIMARY KEY);
  INSERT INTO lock VALUES ('users'), ('chat');
  CREATE TABLE users (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    email text NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    age integer,
    bio text,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    delete_time bigint,
    version integer NOT NULL
  );
  CREATE UNIQUE INDEX users_by_email ON users (email_key, (CASE WHEN delete_time IS NULL THEN 0 ELSE id END));
  CREATE INDEX users_by_name ON users (name_key, id);
  CREATE INDEX users_by_create_time ON users (create_time, id);
  CREATE INDEX users_by_role ON users (role, id);
  CREATE TABLE events (
    seq bigint PRIMARY KEY,
    tx bigint NOT NULL,
    user_id bigint NOT NULL,
    type text NOT NULL,
    time bigint NOT NULL,
    "user" text,
    before text,
    payload bytea
  );
  CREATE TABLE requests (
    id text COLLATE "C" PRIMARY KEY,
    fingerprint text NOT NULL,
    answer text NOT NULL,
    time bigint NOT NULL
  );
  CREATE INDEX requests_by_time ON requests (time);
  CREATE TABLE commits (id uuid PRIMARY KEY, time bigint NOT NULL);
  CREATE INDEX commits_by_time ON commits (time);
  CREATE TABLE trimmed (one boolean PRIMARY KEY CHECK (one), tx bigint NOT NULL, seq bigint NOT NULL);
  INSERT INTO trimmed VALUES (true, 0, 0);
  CREATE TABLE forks (epoch bigint PRIMARY KEY, timeline text NOT NULL, seq bigint NOT NULL);
  CREATE TABLE chat (seq bigint PRIMARY KEY, id uuid UNIQUE NOT NULL, body bytea NOT NULL, time bigint NOT NULL);
`;

/**
 * What brings the schema from each version to the next; the first makes version 1. Append only, and each leaves the release
 * before it working, for replicas are replaced one after the other.
 */
const MIGRATIONS: readonly string[] = [FIRST_SCHEMA];

/** The oldest version of the schema whose program may still work on the newest one. */
const OLDEST_PROGRAM = 1;

/**
 * Brings the schema up to date in one transaction, which other starts wait for, and resolves to whose database it is. Needs
 * no right to create anything where it is up to date. The connection must not be used by anybody else meanwhile. Throws
 * {@link StoreOpenError} where the schema is of a newer program, and what the server says otherwise.
 */
export async function migrate(connection: Connection, { schema }: PostgresTarget): Promise<DatabaseIdentity> {
  if ((await findVersion(connection, schema)) !== MIGRATIONS.length) await bringUpToDate(connection, schema);
  const place = await readPlace(connection);
  const known = await readMeta(connection, schema);
  // A logical restore: the same rows in another database, whose history goes on another way.
  if (place !== undefined && known.get("place") !== place) await moveIn(connection, place);
  const meta = await readMeta(connection, schema);
  return { id: meta.get("database_id") ?? "", key: Buffer.from(meta.get("key") ?? "", "hex") };
}

/** The version of the schema as far as this program knows it; undefined where there is none. Throws {@link StoreOpenError}. */
async function findVersion(connection: Connection, schema: string): Promise<number | undefined> {
  if ((await connection.rows(HAS_META, [schema])).length === 0) return undefined;
  const meta = await readMeta(connection, schema).catch(unlessForeign);
  const version = Number(meta.get("version"));
  const oldest = Number(meta.get("oldest_program"));
  if (!Number.isInteger(version) || version < 1) {
    throw new StoreOpenError(
      `DATABASE_URL: schema "${schema}" holds a table "meta" of another program; name another schema`,
    );
  }
  if (oldest > MIGRATIONS.length) {
    throw new StoreOpenError(
      `DATABASE_URL: schema "${schema}" has version ${version}, which takes programs from version ${oldest} on, and this one knows ${MIGRATIONS.length}; use a newer release`,
    );
  }
  return Math.min(version, MIGRATIONS.length);
}

/** A table with other columns is none of ours, and holds nothing for us. */
function unlessForeign(error: unknown): ReadonlyMap<string, string> {
  if (codeOf(error) === "42703") return new Map();
  throw error;
}

async function bringUpToDate(connection: Connection, schema: string): Promise<void> {
  await connection.command("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    await connection.command(`SET LOCAL lock_timeout = ${LOCK_MS}; SET LOCAL statement_timeout = ${LOCK_MS}`);
    // Before anything is made: two that create the same at once fail, even with IF NOT EXISTS.
    await connection.command(`SELECT pg_advisory_xact_lock(${LOCK})`);
    const version = (await findVersion(connection, schema)) ?? 0;
    if (version === 0) await createMeta(connection, schema);
    for (const migration of MIGRATIONS.slice(version)) await connection.command(migration);
    await connection.run(SET_META, ["version", String(MIGRATIONS.length)]);
    await connection.run(SET_META, ["oldest_program", String(OLDEST_PROGRAM)]);
    await connection.command("COMMIT");
  } catch (error) {
    await connection.command("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function createMeta(connection: Connection, schema: string): Promise<void> {
  if ((await connection.rows(HAS_SCHEMA, [schema])).length === 0) await connection.command(`CREATE SCHEMA "${schema}"`);
  await connection.command(`CREATE TABLE meta (key text COLLATE "C" PRIMARY KEY, value text NOT NULL)`);
  await connection.run(SET_META, ["database_id", randomUUID()]);
  await connection.run(SET_META, ["key", randomBytes(32).toString("hex")]);
}

async function moveIn(connection: Connection, place: string): Promise<void> {
  // In one statement: of several starts, one gives the new id.
  await connection.run(
    {
      name: "move_in",
      text: `WITH moved AS (
        INSERT INTO meta VALUES ('place', $1) ON CONFLICT (key) DO UPDATE SET value = $1 WHERE meta.value <> $1
        RETURNING xmax <> 0 AS was_elsewhere
      ) UPDATE meta SET value = $2 WHERE key = 'database_id' AND (SELECT was_elsewhere FROM moved)`,
    },
    [place, randomUUID()],
  );
}

/** Which database of which cluster this is; undefined where the server does not tell. */
async function readPlace(connection: Connection): Promise<string | undefined> {
  const text = `SELECT (SELECT system_identifier FROM pg_control_system())::text || ' ' ||
    (SELECT oid FROM pg_database WHERE datname = current_database())::text`;
  return connection.rows<[string]>({ name: "place", text }).then(
    ([row]) => row?.[0],
    () => undefined,
  );
}

async function readMeta(connection: Connection, schema: string): Promise<ReadonlyMap<string, string>> {
  // By its full name: of a schema that the role may not use, the search path tells nothing.
  const text = `SELECT key, value FROM "${schema}".meta`;
  return new Map(await connection.rows<[string, string]>({ name: "meta", text }));
}

// By reading the catalogue: what PostgreSQL remembers of it within a transaction may be of before the wait for the lock.
const HAS_SCHEMA = { name: "has_schema", text: "SELECT 1 FROM pg_namespace WHERE nspname = $1" };
const HAS_META = {
  name: "has_meta",
  text: `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = 'meta'`,
};

const SET_META = {
  name: "set_meta",
  text: "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2",
};
