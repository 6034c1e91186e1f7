import { setImmediate as nextTurn } from "node:timers/promises";
import { type AnsweredRequest, type BatchPlan, type BatchState, batchNeeds } from "../batch.ts";
import { foldText } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { completeUser, USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { Write, WriteResult } from "../writes.ts";
import type { Connection, Statement } from "./connection.ts";

/** Waits for whoever writes to users, on any replica, to commit. */
export const LOCK_USERS: Statement = {
  name: "lock_users",
  text: "SELECT 1 FROM lock WHERE name = 'users' FOR UPDATE",
};

/** Begins the transaction of a batch, on a level on which each statement sees what was committed before it. */
export const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED";

/** Rows of one statement, at most: a longer list is made in parts, between which other work goes on. */
const ROWS_PER_STATEMENT = 1000;

/** The second column of `users_by_email`: 0 for users that are not deleted. */
const NOT_DELETED = "(CASE WHEN delete_time IS NULL THEN 0 ELSE id END) = 0";

const FIND_USERS: Statement = {
  name: "batch_users",
  text: `SELECT ${USER_COLUMNS} FROM users WHERE id = ANY($1::bigint[])
    UNION ALL SELECT ${USER_COLUMNS} FROM users WHERE email_key = ANY($2::text[]) AND ${NOT_DELETED}
    UNION ALL SELECT ${USER_COLUMNS} FROM users
      WHERE email_key IN (SELECT email_key FROM users WHERE id = ANY($3::bigint[])) AND ${NOT_DELETED}`,
};
const FIND_REQUESTS: Statement = {
  name: "batch_requests",
  text: "SELECT id, fingerprint, answer FROM requests WHERE id = ANY($1::text[])",
};
const FIND_LAST: Statement = {
  name: "batch_last",
  text: `SELECT greatest((SELECT max(seq) FROM events), (SELECT seq FROM trimmed)),
    coalesce((SELECT max(id) FROM users), 0)`,
};
const FIND_COMMIT: Statement = { name: "find_commit", text: "SELECT 1 FROM commits WHERE id = $1" };

const UPDATE_USERS: Statement = {
  name: "update_users",
  text: `UPDATE users SET name = c.name, name_key = c.name_key, email = c.email, email_key = c.email_key, role = c.role,
      age = c.age, bio = c.bio, update_time = c.update_time, delete_time = c.delete_time, version = c.version
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::bigint[],
      $10::bigint[], $11::bigint[], $12::int[])
      AS c(id, name, name_key, email, email_key, role, age, bio, create_time, update_time, delete_time, version)
    WHERE users.id = c.id`,
};
const INSERT_USERS: Statement = {
  name: "insert_users",
  text: `INSERT INTO users (id, name, name_key, email, email_key, role, age, bio, create_time, update_time, delete_time, version)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[],
      $9::bigint[], $10::bigint[], $11::bigint[], $12::int[])`,
};
const INSERT_EVENTS: Statement = {
  name: "insert_events",
  text: `INSERT INTO events (seq, tx, user_id, type, time, "user", before, payload)
    SELECT seq, $9::bigint + tx, user_id, type, time, "user", before, payload
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bytea[])
      AS e(seq, tx, user_id, type, time, "user", before, payload)`,
};
// Where a clock steps back, an id must not go before those that were stored before it.
const INSERT_REQUESTS: Statement = {
  name: "insert_requests",
  text: `INSERT INTO requests (id, fingerprint, answer, time)
    SELECT id, fingerprint, answer, greatest(time, (SELECT max(time) FROM requests))
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS r(id, fingerprint, answer, time)`,
};
const INSERT_COMMIT: Statement = { name: "insert_commit", text: "INSERT INTO commits (id, time) VALUES ($1, $2)" };

/** Reads what the writes are decided on. Everything is asked for at once, under the lock. */
export async function readState(connection: Connection, writes: readonly Write[]): Promise<BatchState> {
  const { ids, emails, revived, requests } = batchNeeds(writes);
  const [users, answered, last] = await Promise.all([
    ids.length + emails.length > 0 ? connection.rows<UserRow>(FIND_USERS, [ids, emails, revived]) : [],
    requests.length > 0 ? connection.rows<[string, string, string]>(FIND_REQUESTS, [requests]) : [],
    connection.rows<[number, number]>(FIND_LAST),
  ]);
  const [lastSeq = 0, lastId = 0] = last[0] ?? [];
  return {
    users: new Map(users.map(row => [row[0], userFromRow(row)])),
    requests: new Map(answered.map(([id, fingerprint, answer]) => [id, answeredFromRow(fingerprint, answer)])),
    lastSeq,
    lastId,
  };
}

/** Whether a batch was committed. Certain only under the lock, which whoever sent it has held until its end. */
export async function wasCommitted(connection: Connection, id: string): Promise<boolean> {
  return (await connection.rows(FIND_COMMIT, [id])).length > 0;
}

/** What tells a batch apart from all others. */
export interface BatchMark {
  /** A UUID. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** As in `epochBase`. */
  readonly epochBase: bigint;
}

/**
 * Stores what was planned and commits, all in one flush unless there is much. Throws the first error, after which either
 * nothing is stored, or, where the connection was lost, nobody knows.
 */
export async function storeBatch(
  connection: Connection,
  plan: BatchPlan,
  { id, time, epochBase }: BatchMark,
): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const send = (promise: Promise<unknown>) => {
    // Looked at in the end, when all are there.
    promise.catch(() => {});
    sent.push(promise);
  };
  async function sendInParts<T>(
    statement: Statement,
    items: readonly T[],
    columns: (items: readonly T[]) => unknown[],
  ) {
    for (let from = 0; from < items.length; from += ROWS_PER_STATEMENT) {
      if (from > 0) await nextTurn();
      send(connection.run(statement, columns(items.slice(from, from + ROWS_PER_STATEMENT))));
    }
  }
  await sendInParts(UPDATE_USERS, plan.changed, userColumns);
  await sendInParts(INSERT_USERS, plan.created, userColumns);
  await sendInParts(INSERT_EVENTS, plan.events, events => [...eventColumns(events), epochBase]);
  await sendInParts(INSERT_REQUESTS, plan.requests, requestColumns);
  send(connection.run(INSERT_COMMIT, [id, time]));
  const committed = connection.command("COMMIT");
  send(committed);
  await Promise.all(sent);
  // The server's word for a transaction of which something had failed.
  if ((await committed) !== "COMMIT") throw new Error("the transaction was rolled back");
}

function userColumns(users: readonly UserRecord[]): unknown[] {
  return [
    users.map(({ id }) => id),
    users.map(({ name }) => name),
    users.map(({ name }) => foldText(name)),
    users.map(({ email }) => email),
    users.map(({ email }) => foldText(email)),
    users.map(({ role }) => role),
    users.map(({ age }) => age ?? null),
    users.map(({ bio }) => bio ?? null),
    users.map(({ createTime }) => createTime),
    users.map(({ updateTime }) => updateTime),
    users.map(({ deleteTime }) => deleteTime ?? null),
    users.map(({ version }) => version),
  ];
}

function eventColumns(events: BatchPlan["events"]): unknown[] {
  const json = (user: UserRecord | undefined) => (user === undefined ? null : JSON.stringify(user));
  return [
    events.map(({ seq }) => seq),
    events.map(({ tx }) => tx),
    events.map(({ userId }) => userId),
    events.map(({ type }) => type),
    events.map(({ time }) => time),
    events.map(({ user }) => json(user)),
    events.map(({ before }) => json(before)),
    events.map(({ payload }) => payload ?? null),
  ];
}

function requestColumns(requests: BatchPlan["requests"]): unknown[] {
  let latest = 0;
  const times = requests.map(({ time }) => {
    latest = Math.max(latest, time);
    return latest;
  });
  return [
    requests.map(({ id }) => id),
    requests.map(({ fingerprint }) => fingerprint),
    requests.map(({ answer }) => JSON.stringify(answer)),
    times,
  ];
}

function answeredFromRow(fingerprint: string, text: string): AnsweredRequest {
  const answer: WriteResult = JSON.parse(text);
  return { fingerprint, answer: answer.status === "changed" ? { ...answer, user: completeUser(answer.user) } : answer };
}
