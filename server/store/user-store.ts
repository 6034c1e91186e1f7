import type { UserCursor, UserFilter, UserQuery } from "./queries.ts";
import type { EventRecord, Position, Role, UserRecord } from "./records.ts";
import type { Write, WriteResult } from "./writes.ts";

/** Which database this is. All processes that share it see the same. */
export interface DatabaseIdentity {
  /** A UUID, new with each database and with each restored backup. Positions mean nothing under another one. */
  readonly id: string;
  /** 32 secret bytes to sign page tokens with. */
  readonly key: Uint8Array;
}

/** Whether writes succeed. `read_only` and `unreachable` heal by themselves; `failed` needs an operator. */
export interface StoreHealth {
  readonly state: "ready" | "read_only" | "unreachable" | "failed" | "closed";
  /** For an operator, where the state is not `ready`. */
  readonly reason?: string | undefined;
}

/** Told of each batch of writes that was done in one transaction, and of the milliseconds that it took. */
export type OnBatch = (writes: number, ms: number) => void;

/** A page of users. */
export interface UserPage {
  readonly users: readonly UserRecord[];
  /** Where to read on; undefined on the last page. */
  readonly next: UserCursor | undefined;
}

/** A piece of the history. */
export interface EventPage {
  /** Ends inside of a transaction only where there are as many as were asked for. */
  readonly events: readonly EventRecord[];
  /** Where to read on. May be after the last event, never after one that was not answered. */
  readonly next: Position;
}

/** The part of the history that is kept. */
export interface EventBounds {
  /** Reading after this position answers the oldest event that is kept. */
  readonly oldest: Position;
  /** The last committed event; reading after it answers what happens from now on. */
  readonly newest: Position;
}

/** Which users a snapshot holds. Deleted ones are never in it. */
export interface SnapshotOptions {
  /** Only this user. */
  readonly id?: number | undefined;
  /** Only users with this role. */
  readonly role?: Role | undefined;
  /** The most users of a page. Defaults to 500. */
  readonly pageSize?: number | undefined;
}

/** The users exactly as they were at one position: each event up to it is in them, none after it is. */
export interface Snapshot {
  readonly position: Position;
  /**
   * Reads the users by ascending id, a page at a time, and holds no lock, transaction or iterator of the database
   * between two pages. Throws {@link PositionTrimmedError} where the reader is so slow that the history it needs to
   * tell old from new is trimmed meanwhile.
   */
  pages(): AsyncIterable<readonly UserRecord[]>;
}

/** What to forget. Each bound that is set applies. */
export interface RetentionLimits {
  /** Events older than this go, in milliseconds, where all before them are as old: times may step back. */
  readonly maxEventAgeMs?: number | undefined;
  /** The newest events that stay. */
  readonly maxEvents?: number | undefined;
  /** Request ids older than this go, in milliseconds. */
  readonly maxRequestAgeMs?: number | undefined;
}

/** A message of the chat room, whose content only the services know. */
export interface SaidMessage {
  /** Each message has the number after that of the one before. */
  readonly seq: number;
  readonly body: Uint8Array;
}

/** What is said in the chat room, in one order for all processes of a database. It is kept for a minute, as nobody needs it longer. */
export interface ChatLog {
  /** Appends a message and resolves to its number. Throws {@link StoreUnavailableError}, after which it may be there. */
  say(body: Uint8Array): Promise<number>;
  /** Resolves to the number of the last message; 0 where there never was one. */
  newest(): Promise<number>;
  /** Resolves to at most `limit` messages after a number, in order. Where the first is not the next one, those between are gone. */
  read(after: number, limit: number): Promise<readonly SaidMessage[]>;
  /** Calls the listener soon after something was said, by any process. A hint, as `onCommit` of the store. */
  onSaid(listener: () => void): () => void;
}

/**
 * Users, their history and the ids of requests, in one database that several processes may share. Every method may be
 * called at any time and as often as wanted at once. Reads see each write that was acknowledged before they began.
 */
export interface UserStore extends AsyncDisposable {
  readonly identity: DatabaseIdentity;
  /** Where what is said reaches other processes; undefined where one alone has the database. */
  readonly chat?: ChatLog | undefined;

  /**
   * Does a write, its events and the record of its request id in one transaction, and answers once that is durable.
   * Throws {@link StoreUnavailableError} where the store takes no writes.
   */
  write(write: Write): Promise<WriteResult>;

  /** Returns a user, also a deleted one. */
  getUser(id: number): Promise<UserRecord | undefined>;
  /** Returns the users that exist, deleted ones too, in the order of the ids, all of one moment. */
  getUsers(ids: readonly number[]): Promise<readonly UserRecord[]>;
  /** Returns the user that has this email, in any letter case, and is not deleted. */
  getUserByEmail(email: string): Promise<UserRecord | undefined>;
  /**
   * Returns a page of users. Its cost does not depend on how many pages came before; a filter on text reads until the
   * page is full, in the worst case every user, in small steps between which other work goes on.
   */
  listUsers(query: UserQuery): Promise<UserPage>;
  /** Counts the users that match, in time that grows with the directory, in small steps. */
  countUsers(filter: UserFilter): Promise<number>;
  /** Whether there never was a user. */
  isEmpty(): Promise<boolean>;

  /**
   * Answers at most `limit` events after a position, in commit order: what is not answered now and was committed
   * already is answered from `next`. Throws {@link PositionTrimmedError} where events after the position are gone.
   */
  readEvents(after: Position, limit: number): Promise<EventPage>;
  /** Returns what part of the history can be read. */
  eventBounds(): Promise<EventBounds>;
  /** Begins to read the users as they are now. */
  snapshot(options?: SnapshotOptions): Promise<Snapshot>;
  /** Forgets old events and request ids, whole transactions at a time, in small steps. Returns how many went. */
  trim(limits: RetentionLimits): Promise<{ readonly events: number; readonly requests: number }>;

  /**
   * Calls the listener soon after each commit, of any process as far as the database tells. A hint: one call may stand
   * for many commits, and one may be lost. Returns how to stop.
   */
  onCommit(listener: () => void): () => void;
  /** Returns whether writes succeed, as far as is known. */
  health(): StoreHealth;
  /** Calls the listener whenever {@link health} changes. Returns how to stop. */
  onHealth(listener: (health: StoreHealth) => void): () => void;

  /** Waits for the writes under way, then lets go of the database. Later writes throw {@link StoreUnavailableError}. */
  close(): Promise<void>;
}
