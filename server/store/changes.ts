import type { ChangeEventType, NewUser, UserChanges, UserRecord } from "./records.ts";
import type { DeleteUser, RefusalReason, UndeleteUser, UpdateUser } from "./writes.ts";

/** What a change makes of a user: the user afterwards with the events to write, nothing, or why it is refused. */
export type Change =
  | { readonly user: UserRecord; readonly events: readonly ChangeEventType[] }
  | { readonly absent: true }
  | { readonly refused: RefusalReason };

/**
 * Decides what a write makes of the user it is about, alike in every driver. The driver calls it inside the transaction
 * and stores the answer; only whether an email is taken is left to the database.
 */
export function changeUser(user: UserRecord | undefined, write: UpdateUser | DeleteUser | UndeleteUser): Change {
  const allowMissing = write.kind === "delete" && write.allowMissing;
  if (user === undefined) return allowMissing ? { absent: true } : { refused: "missing" };
  if (allowMissing && user.deleteTime !== undefined) return { user, events: [] };
  if (write.kind === "undelete" && user.deleteTime === undefined) return { refused: "not_deleted" };
  if (write.kind !== "undelete" && user.deleteTime !== undefined) return { refused: "deleted" };
  const { ifVersion = user.version, ifUpdateTime = user.updateTime } = write;
  if (ifVersion !== user.version || ifUpdateTime !== user.updateTime) return { refused: "version_mismatch" };
  const stamped = { ...user, updateTime: write.time, version: user.version + 1 };
  switch (write.kind) {
    case "delete":
      return { user: { ...stamped, deleteTime: write.time }, events: ["deleted"] };
    case "undelete":
      return { user: { ...stamped, deleteTime: undefined }, events: ["undeleted"] };
    case "update": {
      const events = eventsOf(user, write.changes);
      return events.length === 0 ? { user, events } : { user: { ...stamped, ...write.changes }, events };
    }
  }
}

function eventsOf(user: UserRecord, changes: UserChanges): ChangeEventType[] {
  const differs = (field: keyof UserChanges) => field in changes && changes[field] !== user[field];
  const events: ChangeEventType[] = [];
  if (differs("role")) events.push("role_changed");
  if (differs("name") || differs("email") || differs("age") || differs("bio")) events.push("profile_updated");
  return events;
}

/** The record of a user that was created with an id at a time. */
export function createdRecord(user: NewUser, id: number, time: number): UserRecord {
  const createTime = user.createTime ?? time;
  return {
    id,
    name: user.name,
    email: user.email,
    role: user.role,
    age: user.age,
    bio: user.bio,
    createTime,
    updateTime: createTime,
    deleteTime: undefined,
    version: 1,
  };
}
