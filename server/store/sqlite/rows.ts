import type { EventRecord, Role, UserRecord } from "../records.ts";

/** The columns of {@link UserRow}. */
export const USER_COLUMNS = "id, name, email, role, age, bio, create_time, update_time, delete_time, version";

/** A row of `users`, without its keys. */
export interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly age: number | null;
  readonly bio: string | null;
  readonly create_time: number;
  readonly update_time: number;
  readonly delete_time: number | null;
  readonly version: number;
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

/** Reads a user from its row. */
export function userFromRow(row: UserRow): UserRecord {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    age: row.age ?? undefined,
    bio: row.bio ?? undefined,
    createTime: row.create_time,
    updateTime: row.update_time,
    deleteTime: row.delete_time ?? undefined,
    version: row.version,
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
