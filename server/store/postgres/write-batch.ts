import { type AnsweredRequest, type BatchPlan, type BatchState, batchNeeds } from "../batch.ts";
import { foldText } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { completeUser, USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { Write, WriteResult } from "../writes.ts";
import type { Connection } from "./connection.ts";
import type { PreparedStatement, Reply, Step } from "./flight.ts";
import type { Value } from "./parameters.ts";

/** Waits for whoever writes to users, on any replica, to commit. */
export const LOCK_USERS: PreparedStatement = {
  name: "lock_users",
  text: "SELECT 1 FROM lock WHERE name = 'users' FOR UPDATE",
};

/** Begins the transaction of a batch, on a level on which each statement sees what was committed before it. */
const BEGIN: PreparedStatement = { name: "BEGIN", text: "BEGIN ISOLATION LEVEL READ COMMITTED" };
const COMMIT: PreparedStatement = { name: "COMMIT", text: "COMMIT" };

/** Rows of one statement, at most: a longer list is made in parts. */
const ROWS_PER_STATEMENT = 1000;
/** Rows that are sent together, at most: between two flights other work goes on. The largest batch of small writes is one. */
const ROWS_PER_FLIGHT = 2000;

/** The second column of `users_by_email`: 0 for users that are not deleted. */
const NOT_DELETED = "(CASE WHEN delete_time IS NULL THEN 0 ELSE id END) = 0";

// An array of what is looked for, and no join: of a table that it has not analyzed yet, the server expects so little that it
// would read all users to join them, for each batch.
const FIND_USERS: PreparedStatement = {
  name: "batch_users",
  text: `SELECT ${USER_COLUMNS} FROM users WHERE id = ANY($1::bigint[])
    UNION ALL SELECT ${USER_COLUMNS} FROM users WHERE email_key = ANY($2::text[]) AND ${NOT_DELETED}
    UNION ALL SELECT ${USER_COLUMNS} FROM users
      WHERE email_key = ANY(ARRAY(SELECT email_key FROM users WHERE id = ANY($3::bigint[]))) AND ${NOT_DELETED}`,
};
const FIND_REQUESTS: PreparedStatement = {
  name: "batch_requests",
  text: "SELECT id, fingerprint, answer FROM requests WHERE id = ANY($1::text[])",
};
const FIND_LAST: PreparedStatement = {
  name: "batch_last",
  text: `SELECT greatest((SELECT max(seq) FROM events), (SELECT seq FROM trimmed)),
    coalesce((SELECT max(id) FROM users), 0)`,
};
const FIND_COMMIT: PreparedStatement = { name: "find_commit", text: "SELECT 1 FROM commits WHERE id = $1" };

// The ids are named twice for the same reason.
const UPDATE_USERS: PreparedStatement = {
  name: "update_users",
  text: `UPDATE users SET name = c.name, name_key = c.name_key, email = c.email, email_key = c.email_key, role = c.role,
      age = c.age, bio = c.bio, update_time = c.update_time, delete_time = c.delete_time, version = c.version
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::bigint[],
      $10::bigint[], $11::bigint[], $12::int[])
      AS c(id, name, name_key, email, email_key, role, age, bio, create_time, update_time, delete_time, version)
    WHERE users.id = c.id AND users.id = ANY($1::bigint[])`,
};
const INSERT_USERS: PreparedStatement = {
  name: "insert_users",
  text: `INSERT INTO users (id, name, name_key, email, email_key, role, age, bio, create_time, update_time, delete_time, version)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[],
      $9::bigint[], $10::bigint[], $11::bigint[], $12::int[])`,
};
const INSERT_EVENTS: PreparedStatement = {
  name: "insert_events",
  text: `INSERT INTO events (seq, tx, user_id, type, time, "user", before, payload)
    SELECT seq, $9::bigint + tx, user_id, type, time, "user", before, payload
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bytea[])
      AS e(seq, tx, user_id, type, time, "user", before, payload)`,
};
// Where a clock steps back, an id must not go before those that were stored before it.
const INSERT_REQUESTS: PreparedStatement = {
  name: "insert_requests",
  text: `INSERT INTO requests (id, fingerprint, answer, time)
    SELECT id, fingerprint, answer, greatest(time, (SELECT max(time) FROM requests))
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS r(id, fingerprint, answer, time)`,
};
const INSERT_COMMIT: PreparedStatement = {
  name: "insert_commit",
  text: "INSERT INTO commits (id, time) VALUES ($1, $2)",
};

/**
 * Begins the transaction of a batch: takes the lock, and reads, in the same flight, what writes are decided on that wait for
 * it already.
 */
export async function lockAndRead(connection: Connection, writes: readonly Write[]): Promise<BatchState> {
  const steps = lookUps(writes);
  const [, locked, last, ...found] = await connection.together([[BEGIN], [LOCK_USERS], [FIND_LAST], ...steps]);
  if (locked?.rows.length !== 1) throw new Error("the table lock has lost its row for users");
  const [lastSeq = 0, lastId = 0] = (last?.rows[0] ?? []) as [number?, number?];
  return { ...foundBy(steps, found), lastSeq, lastId };
}

/** Reads, under the lock, what further writes are decided on, and returns all that is known. */
export async function readMore(
  connection: Connection,
  state: BatchState,
  writes: readonly Write[],
): Promise<BatchState> {
  const steps = lookUps(writes);
  if (steps.length === 0) return state;
  const { users, requests } = foundBy(steps, await connection.together(steps));
  return {
    ...state,
    users: new Map([...state.users, ...users]),
    requests: new Map([...state.requests, ...requests]),
  };
}

function lookUps(writes: readonly Write[]): Step[] {
  const { ids, emails, revived, requests } = batchNeeds(writes);
  const steps: Step[] = [];
  if (ids.length + emails.length > 0) steps.push([FIND_USERS, ids, emails, revived]);
  if (requests.length > 0) steps.push([FIND_REQUESTS, requests]);
  return steps;
}

function foundBy(steps: readonly Step[], replies: readonly Reply[]): Pick<BatchState, "users" | "requests"> {
  const rowsOf = (wanted: PreparedStatement) =>
    replies[steps.findIndex(([statement]) => statement === wanted)]?.rows ?? [];
  const users = rowsOf(FIND_USERS) as readonly UserRow[];
  const requests = rowsOf(FIND_REQUESTS) as readonly (readonly [string, string, string])[];
  return {
    users: new Map(users.map(row => [row[0], userFromRow(row)])),
    requests: new Map(requests.map(([id, fingerprint, answer]) => [id, answeredFromRow(fingerprint, answer)])),
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
 * Stores what was planned and commits, in one flight unless there is much. Throws the first error, after which either nothing
 * is stored, or, where the connection was lost, nobody knows.
 */
export async function storeBatch(
  connection: Connection,
  plan: BatchPlan,
  { id, time, epochBase }: BatchMark,
): Promise<void> {
  let flight: Step[] = [];
  let rows = 0;
  for (const { step, count } of stepsOf(plan, epochBase)) {
    if (rows + count > ROWS_PER_FLIGHT) {
      await connection.together(flight);
      flight = [];
      rows = 0;
    }
    flight.push(step);
    rows += count;
  }
  const replies = await connection.together([...flight, [INSERT_COMMIT, id, time], [COMMIT]]);
  // The server's word for a transaction of which something had failed.
  if (replies.at(-1)?.tag !== "COMMIT") throw new Error("the transaction was rolled back");
}

/** The statements that store a plan, each with how many rows it stores. */
function* stepsOf(plan: BatchPlan, epochBase: bigint): Generator<{ readonly step: Step; readonly count: number }> {
  yield* inParts(UPDATE_USERS, plan.changed, userColumns);
  yield* inParts(INSERT_USERS, plan.created, userColumns);
  yield* inParts(INSERT_EVENTS, plan.events, events => [...eventColumns(events), epochBase]);
  yield* inParts(INSERT_REQUESTS, plan.requests, requestColumns);
}

function* inParts<T>(statement: PreparedStatement, items: readonly T[], columns: (items: readonly T[]) => Value[]) {
  for (let from = 0; from < items.length; from += ROWS_PER_STATEMENT) {
    const part = items.slice(from, from + ROWS_PER_STATEMENT);
    yield { step: [statement, ...columns(part)] as const, count: part.length };
  }
}

function userColumns(users: readonly UserRecord[]): Value[] {
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

function eventColumns(events: BatchPlan["events"]): Value[] {
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

function requestColumns(requests: BatchPlan["requests"]): Value[] {
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
