import type { EventRecord, Role, UserRecord } from "../records.ts";
import type { Database, Statement } from "./database.ts";

/** The columns of {@link UserRow}, in its order. */
export const USER_COLUMNS = "id, name, email, role, age, bio, create_time, update_time, delete_time, version";

/** A row of `users`, without its keys, from a statement of {@link prepareRows}. */
export type UserRow = readonly [
  id: number,
  name: string,
  email: string,
  role: Role,
  age: number | null,
  bio: string | null,
  createTime: number,
  updateTime: number,
  deleteTime: number | null,
  version: number,
];

/** Prepares a statement that returns its rows as arrays: with objects, reading a user takes a third longer. */
export function prepareRows(database: Database, sql: string): Statement {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

/** A row of `events`. */
export interface EventRow {
  readonly seq: number;
  readonly tx: number;
  readonly user_id: number;
  readonly type: string;
  readonly time: number;
  readonly user: string | null;
  readonly before: string | null;
  readonly payload: Uint8Array | null;
}

/** Reads a user from its row, whatever else was selected after its columns. */
export function userFromRow(row: readonly [...UserRow, ...unknown[]]): UserRecord {
  const [id, name, email, role, age, bio, createTime, updateTime, deleteTime, version] = row;
  return {
    id,
    name,
    email,
    role,
    age: age ?? undefined,
    bio: bio ?? undefined,
    createTime,
    updateTime,
    deleteTime: deleteTime ?? undefined,
    version,
  };
}

/** Gives a user that went through JSON the fields back that are not set. */
export function completeUser(user: UserRecord): UserRecord {
  return { ...user, age: user.age, bio: user.bio, deleteTime: user.deleteTime };
}

/** Reads an event from its row. */
export function eventFromRow(row: EventRow): EventRecord {
  return {
    position: { tx: BigInt(row.tx), seq: BigInt(row.seq) },
    userId: row.user_id,
    type: row.type,
    time: row.time,
    user: row.user === null ? undefined : completeUser(JSON.parse(row.user)),
    before: row.before === null ? undefined : completeUser(JSON.parse(row.before)),
    payload: row.payload ?? undefined,
  };
}
