import assert from "node:assert/strict";
import type { NewUser, UserRecord } from "../records.ts";
import type { UserStore } from "../user-store.ts";
import type { Created, Write, WriteResult } from "../writes.ts";

/** A database under the contract suite. */
export interface Driver {
  readonly name: string;
  /** Opens a store on a new and empty database. */
  open(): Promise<UserStore>;
}

/** The time of the writes that do not care: 2025-10-29T10:00:00Z. */
export const TIME = Date.UTC(2025, 9, 29, 10);

/** A valid user whose email follows from the name. */
export function newUser(name: string, fields: Partial<NewUser> = {}): NewUser {
  return { name, email: `${name.toLowerCase()}@example.com`, role: "viewer", ...fields };
}

/** Creates users in one write and answers their ids. */
export async function createUsers(store: UserStore, ...users: NewUser[]): Promise<readonly number[]> {
  return created(await store.write({ kind: "create", time: TIME, users })).ids;
}

/** Creates one user and answers its id. */
export async function createUser(store: UserStore, user: NewUser): Promise<number> {
  const [id] = await createUsers(store, user);
  assert.ok(id !== undefined);
  return id;
}

/** Asserts that a write created users. */
export function created(result: WriteResult): Created {
  assert.equal(result.status, "created");
  return result as Created;
}

/** Does a write that changes a user and returns the user. */
export async function changed(store: UserStore, write: Write): Promise<UserRecord> {
  const result = await store.write(write);
  assert.ok(result.status === "changed", JSON.stringify(result));
  return result.user;
}
