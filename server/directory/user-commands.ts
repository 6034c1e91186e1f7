import { createdRecord } from "../store/changes.ts";
import type { NewUser } from "../store/records.ts";
import type { UserStore } from "../store/user-store.ts";
import type { UndeleteUser, UpdateUser, Write, WriteResult } from "../store/writes.ts";
import {
  EmailTakenError,
  EtagMismatchError,
  IdTooLargeError,
  InvalidFieldError,
  quote,
  UserNotDeletedError,
  UserNotFoundError,
} from "./errors.ts";
import { stateOf } from "./etag.ts";
import { checkEvent } from "./event-rules.ts";
import { toRequestKey } from "./request-id.ts";
import { toChanges } from "./update-mask.ts";
import { parseUserId, type User, type UserInput } from "./user.ts";
import { toNewUser } from "./user-rules.ts";

/** What every change may carry. */
export interface ChangeOptions {
  /** A UUID; a retry with the same one answers what the first try answered. Empty means none. */
  readonly requestId?: string | undefined;
  /** Where set, the change happens only to this state of the user. Empty means any. */
  readonly etag?: string | undefined;
}

/** What the making of users may carry. */
export interface CreateOptions extends ChangeOptions {
  /** Where set, no user is given an id above it: the caller could not be told. */
  readonly maxId?: number | undefined;
}

/** An event that was reported. */
export interface ReportedEvent {
  readonly userId: string;
  readonly type: string;
  readonly payload: Uint8Array;
  /** Milliseconds since 1970 in UTC. */
  readonly time: number;
}

/**
 * What can be changed in a directory. Each change is durable when it is answered. All throw {@link InvalidFieldError} for
 * bad input and reused request ids, and those that name a user {@link UserNotFoundError}; the others as said.
 */
export interface UserCommands {
  /** Stores a user. Throws {@link EmailTakenError}, {@link IdTooLargeError}. */
  createUser(input: UserInput, options?: CreateOptions): Promise<User>;
  /** Stores all users that were checked by `toNewUser`, or none. Throws as `createUser`, with an index. */
  createUsers(users: readonly NewUser[], options?: CreateOptions): Promise<readonly User[]>;
  /** Changes the fields that the paths name, as in `toChanges`. Throws {@link EtagMismatchError}, {@link EmailTakenError}. */
  updateUser(id: string, user: Partial<UserInput>, paths: readonly string[], options?: ChangeOptions): Promise<User>;
  /**
   * Marks a user as deleted. With `allowMissing`, answers one that is deleted already as it is, and undefined where it
   * never was. Throws {@link EtagMismatchError}.
   */
  deleteUser(id: string, options?: ChangeOptions & { readonly allowMissing?: boolean }): Promise<User | undefined>;
  /** Takes a delete back. Throws {@link UserNotDeletedError}, {@link EtagMismatchError}, {@link EmailTakenError}. */
  undeleteUser(id: string, options?: ChangeOptions): Promise<User>;
  /** Appends an event to a user's history. */
  reportEvent(id: string, type: string, payload: Uint8Array, options?: ChangeOptions): Promise<ReportedEvent>;
}

/** Makes the commands of a directory. The clock answers milliseconds since 1970. */
export function createUserCommands(store: UserStore, clock: () => number): UserCommands {
  async function create(users: readonly NewUser[], options: CreateOptions, single: boolean): Promise<User[]> {
    const { requestId, maxId } = options;
    const request = toRequestKey(requestId, "create", users);
    const result = await store.write({ kind: "create", time: clock(), users, maxId, request });
    if (result.status === "created") {
      return result.ids.map((id, index) => createdRecord(users[index] as NewUser, id, result.time));
    }
    if (result.status === "refused" && result.reason === "email_taken") {
      const { index = 0 } = result;
      throw new EmailTakenError(users[index]?.email, single ? undefined : index);
    }
    if (result.status === "refused" && result.reason === "id_too_large") throw new IdTooLargeError(maxId);
    throw unexpected(result, { requestId });
  }

  /** Does a write to one user and returns what it is afterwards. */
  async function change(id: string, write: UpdateUser | UndeleteUser, options: ChangeOptions): Promise<User> {
    const result = await store.write(write);
    const email = write.kind === "update" ? write.changes.email : undefined;
    return userAfter(result, { ...options, id, email });
  }

  /** What all writes to one user have in common. */
  function target(id: string, kind: Write["kind"], payload: unknown, { etag = "", requestId }: ChangeOptions) {
    const request = toRequestKey(requestId, kind, [id, etag, payload]);
    // No user has the id 0, so a text that is no id is missing.
    const number = parseUserId(id) ?? 0;
    return { id: number, time: clock(), ...(etag !== "" && stateOf(etag, number)), request };
  }

  return {
    createUsers: (users, options = {}) => create(users, options, false),
    async createUser(input, options = {}) {
      const [user] = await create([toNewUser(input)], options, true);
      return user as User;
    },
    async updateUser(id, user, paths, options = {}) {
      const changes = toChanges(user, paths);
      const payload = { ...changes, cleared: Object.keys(changes) };
      return change(id, { kind: "update", changes, ...target(id, "update", payload, options) }, options);
    },
    async deleteUser(id, { allowMissing = false, ...options } = {}) {
      const write = { kind: "delete", allowMissing, ...target(id, "delete", allowMissing, options) } as const;
      const result = await store.write(write);
      return result.status === "absent" ? undefined : userAfter(result, { ...options, id });
    },
    async undeleteUser(id, options = {}) {
      return change(id, { kind: "undelete", ...target(id, "undelete", undefined, options) }, options);
    },
    async reportEvent(id, type, payload, options = {}) {
      checkEvent(type, payload);
      const hex = Buffer.from(payload).toString("base64");
      const write = { kind: "append", type, payload, ...target(id, "append", [type, hex], options) } as const;
      const result = await store.write(write);
      if (result.status === "appended") return { userId: id, type, payload, time: result.time };
      throw unexpected(result, { ...options, id });
    },
  };
}

/** What a write was about, for the error that tells why it was refused. */
interface Attempt extends ChangeOptions {
  readonly id?: string;
  readonly email?: string | undefined;
}

function userAfter(result: WriteResult, attempt: Attempt): User {
  if (result.status === "changed") return result.user;
  throw unexpected(result, attempt);
}

/** The error that tells why a write was refused. */
function unexpected(result: WriteResult, { id = "", etag = "", email, requestId = "" }: Attempt): Error {
  switch ("reason" in result ? result.reason : undefined) {
    case "missing":
      return new UserNotFoundError(id);
    case "deleted":
      return new UserNotFoundError(id, true);
    case "not_deleted":
      return new UserNotDeletedError(id);
    case "version_mismatch":
      return new EtagMismatchError(id, etag);
    case "email_taken":
      return new EmailTakenError(email);
    case "request_reused": {
      const message = `request_id ${quote(requestId)} was used with another payload`;
      return new InvalidFieldError("request_id", message, "REQUEST_ID_REUSED");
    }
    default:
      return new Error(`the store answered "${result.status}"`);
  }
}
