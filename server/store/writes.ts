import type { NewUser, UserChanges, UserRecord } from "./records.ts";

/** Makes a write idempotent: its answer is stored under the id, in the write's own transaction. */
export interface RequestKey {
  readonly id: string;
  /** What was asked for, or its digest: the same id with another one is refused. */
  readonly fingerprint: string;
}

interface WriteBase {
  /** Milliseconds since 1970: the time of the change and of its events. */
  readonly time: number;
  readonly request?: RequestKey | undefined;
}

/**
 * Stores all users, or none; one `created` event each. Refused as `email_taken` with the index of the first such, and as
 * `id_too_large`.
 */
export interface CreateUsers extends WriteBase {
  readonly kind: "create";
  readonly users: readonly NewUser[];
  /** Where set, no user is given an id above it. */
  readonly maxId?: number | undefined;
}

interface WriteToUser extends WriteBase {
  readonly id: number;
  /** Where set, the write happens only to this version of the user; refused as `version_mismatch` otherwise. */
  readonly ifVersion?: number | undefined;
  /** As `ifVersion`, for the time of the change that made this version. */
  readonly ifUpdateTime?: number | undefined;
}

/**
 * Changes fields: a `role_changed` event where the role differs, a `profile_updated` one where anything else does.
 * Where nothing differs the user stays as it is, with no event. Refused as `missing`, `deleted`, `email_taken`.
 */
export interface UpdateUser extends WriteToUser {
  readonly kind: "update";
  readonly changes: UserChanges;
}

/**
 * Marks a user as deleted, which frees its email; a `deleted` event. Refused as `missing`, `deleted`; with
 * `allowMissing` it then does nothing, and is done all the same: the result is remembered with the request id.
 */
export interface DeleteUser extends WriteToUser {
  readonly kind: "delete";
  /** Defaults to false. */
  readonly allowMissing?: boolean | undefined;
}

/** Takes a delete back; an `undeleted` event. Refused as `missing`, `not_deleted`, `email_taken`. */
export interface UndeleteUser extends WriteToUser {
  readonly kind: "undelete";
}

/** Appends an event to a user's history and leaves the user as it is. Refused as `missing`, `deleted`. */
export interface AppendEvent extends WriteBase {
  readonly kind: "append";
  readonly id: number;
  readonly type: string;
  readonly payload: Uint8Array;
}

/** One all-or-nothing change, with its events and the record of its request id. */
export type Write = CreateUsers | UpdateUser | DeleteUser | UndeleteUser | AppendEvent;

/** Why a write was not done. `request_reused`: the request id belongs to another payload. */
export type RefusalReason =
  | "email_taken"
  | "id_too_large"
  | "missing"
  | "deleted"
  | "not_deleted"
  | "version_mismatch"
  | "request_reused";

/** A write that left no trace. */
export interface Refusal {
  readonly status: "refused";
  readonly reason: RefusalReason;
  /** Where one of several users was the reason: its index. */
  readonly index?: number | undefined;
}

/** What a `create` did. With the users that were sent, the ids and the time make up the records. */
export interface Created {
  readonly status: "created";
  /** In the order of the users. */
  readonly ids: readonly number[];
  /** The time of the write; the first one's where a request id was repeated. */
  readonly time: number;
}

/** What an `update`, `delete` or `undelete` did: the user afterwards. */
export interface Changed {
  readonly status: "changed";
  readonly user: UserRecord;
}

/** What a `delete` with `allowMissing` did where there never was such a user: nothing. */
export interface Absent {
  readonly status: "absent";
}

/** What an `append` did. */
export interface Appended {
  readonly status: "appended";
  /** As in {@link Created}. */
  readonly time: number;
}

/** The answer to a write. With a repeated request id it is the first one's. */
export type WriteResult = Created | Changed | Absent | Appended | Refusal;
