/** What a user may do; `viewer` is the least. */
export type Role = "viewer" | "editor" | "admin";

/** A user as it is stored. Times are milliseconds since 1970 in UTC. */
export interface UserRecord {
  /** From 1 to 2⁵³−1, ascending, never given twice. */
  readonly id: number;
  readonly name: string;
  /** Unique among the users that are not deleted, regardless of letter case. */
  readonly email: string;
  readonly role: Role;
  /** Years. */
  readonly age: number | undefined;
  readonly bio: string | undefined;
  readonly createTime: number;
  readonly updateTime: number;
  /** Set means deleted. */
  readonly deleteTime: number | undefined;
  /** 1 at first; each change adds one. */
  readonly version: number;
}

/** A user that has no id yet. */
export interface NewUser {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly age?: number | undefined;
  readonly bio?: string | undefined;
  /** Defaults to the time of the write. */
  readonly createTime?: number | undefined;
}

/** The fields to change. A key that is there with the value `undefined` clears its field; one that is missing keeps it. */
export interface UserChanges {
  readonly name?: string;
  readonly email?: string;
  readonly role?: Role;
  readonly age?: number | undefined;
  readonly bio?: string | undefined;
}

/**
 * A place in the history of events, and the cursor that reads on after it. `tx` is the transaction and `seq` the event
 * in it; both only ever grow in commit order, so positions compare by `tx`, then by `seq`. A store with one writer and
 * a store with many (PostgreSQL: `xid8` and a sequence) both fit. Means nothing without the database's id.
 */
export interface Position {
  readonly tx: bigint;
  readonly seq: bigint;
}

/** Before every event. */
export const START_POSITION: Position = { tx: 0n, seq: 0n };

/** Negative where `a` is before `b`, 0 where they are the same place, positive where `a` is after `b`. */
export function comparePositions(a: Position, b: Position): number {
  if (a.tx !== b.tx) return a.tx < b.tx ? -1 : 1;
  if (a.seq !== b.seq) return a.seq < b.seq ? -1 : 1;
  return 0;
}

/** The events that changes write themselves. */
export const CHANGE_EVENT_TYPES = ["created", "profile_updated", "role_changed", "deleted", "undeleted"] as const;

/** The name of an event that a change writes itself. */
export type ChangeEventType = (typeof CHANGE_EVENT_TYPES)[number];

/** Something that happened to a user. Events with the same `position.tx` were committed together. */
export interface EventRecord {
  readonly position: Position;
  readonly userId: number;
  /** One of {@link CHANGE_EVENT_TYPES}, or what was reported. */
  readonly type: string;
  /** Milliseconds since 1970 in UTC. */
  readonly time: number;
  /** The user as its transaction left it; undefined where the event was reported. */
  readonly user: UserRecord | undefined;
  /** The user as its transaction found it; undefined where it was created. */
  readonly before: UserRecord | undefined;
  /** As it was reported; undefined where a change wrote the event. */
  readonly payload: Uint8Array | undefined;
}
