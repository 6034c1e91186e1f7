import type { Role, UserRecord } from "./records.ts";

/** The columns of {@link UserRow}, in its order. */
export const USER_COLUMNS = "id, name, email, role, age, bio, create_time, update_time, delete_time, version";

/** A row of `users`, without its keys, as each driver has it. */
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
