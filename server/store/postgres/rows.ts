import { types } from "pg";
import type { EventRecord, Role, UserRecord } from "../records.ts";

/** The columns of {@link UserRow}, in its order. */
export const USER_COLUMNS = "id, name, email, role, age, bio, create_time, update_time, delete_time, version";

/** A row of `users`, without its keys. */
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

/** The columns of {@link EventRow}, in its order. */
export const EVENT_COLUMNS = `seq, tx::text, user_id, type, time, "user", before, payload`;

/** A row of `events`. */
export type EventRow = readonly [
  seq: number,
  tx: string,
  userId: number,
  type: string,
  time: number,
  user: string | null,
  before: string | null,
  payload: Uint8Array | null,
];

/** Types of PostgreSQL by their number in `pg_type`. */
const INT8 = 20;
const BYTEA = 17;

/** Reads values: `bigint` as a number, since ids, numbers of events and times stay below 2⁵³; `bytea` as plain bytes. */
export const typeParsers = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === INT8) return Number;
    if (oid === BYTEA) return (text: string) => new Uint8Array(Buffer.from(text.slice(2), "hex"));
    return types.getTypeParser(oid, format as "text");
  },
};

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

/** Reads a user that was stored as JSON, which drops the fields that are not set. */
export function userFromJson(text: string): UserRecord {
  return completeUser(JSON.parse(text));
}

/** Gives a user that went through JSON the fields back that are not set. */
export function completeUser(user: UserRecord): UserRecord {
  return { ...user, age: user.age, bio: user.bio, deleteTime: user.deleteTime };
}

/** Reads an event from its row. */
export function eventFromRow(row: EventRow): EventRecord {
  const [seq, tx, userId, type, time, user, before, payload] = row;
  return {
    position: { tx: BigInt(tx), seq: BigInt(seq) },
    userId,
    type,
    time,
    user: user === null ? undefined : userFromJson(user),
    before: before === null ? undefined : userFromJson(before),
    payload: payload ?? undefined,
  };
}
