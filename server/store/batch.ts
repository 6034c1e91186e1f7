import { changeUser, createdRecord } from "./changes.ts";
import { foldText } from "./queries.ts";
import type { UserRecord } from "./records.ts";
import type {
  AppendEvent,
  Created,
  CreateUsers,
  DeleteUser,
  UndeleteUser,
  UpdateUser,
  Write,
  WriteResult,
} from "./writes.ts";

/** What a driver has to look up before a batch can be decided. */
export interface BatchNeeds {
  /** Users that writes name, by id. */
  readonly ids: readonly number[];
  /** Folded emails that writes want to take. */
  readonly emails: readonly string[];
  /** Users that a write may bring back: whoever has their email now is needed as well. */
  readonly revived: readonly number[];
  /** Ids of requests. */
  readonly requests: readonly string[];
}

/** A request that was answered before. */
export interface AnsweredRequest {
  readonly fingerprint: string;
  readonly answer: WriteResult;
}

/** The database as a batch finds it, as far as {@link BatchNeeds} asks. */
export interface BatchState {
  /** By id: the users that are named, and those that have one of the emails and are not deleted. */
  readonly users: ReadonlyMap<number, UserRecord>;
  readonly requests: ReadonlyMap<string, AnsweredRequest>;
  /** The id that was given last; 0 where there never was a user. */
  readonly lastId: number;
  /** The number of the last event; 0 where there never was one. */
  readonly lastSeq: number;
}

/** An event to store. Its number is `seq`, and `tx` that of the first event of its write. */
export interface PlannedEvent {
  readonly seq: number;
  readonly tx: number;
  readonly userId: number;
  readonly type: string;
  readonly time: number;
  readonly user: UserRecord | undefined;
  readonly before: UserRecord | undefined;
  readonly payload: Uint8Array | undefined;
}

/** What a batch makes of the database. */
export interface BatchPlan {
  /** One result for each write that was decided: the first ones of the batch, at least one. The others wait for the next. */
  readonly results: readonly WriteResult[];
  /** Users that are new, as the batch leaves them. */
  readonly created: readonly UserRecord[];
  /** Users that were there before, as the batch leaves them. In any order, no two of them need each other's email. */
  readonly changed: readonly UserRecord[];
  readonly events: readonly PlannedEvent[];
  /** Requests to remember. */
  readonly requests: readonly (AnsweredRequest & { readonly id: string; readonly time: number })[];
}

/** Returns what to look up before {@link decideBatch}. */
export function batchNeeds(writes: readonly Write[]): BatchNeeds {
  const ids = new Set<number>();
  const emails = new Set<string>();
  const revived = new Set<number>();
  const requests = new Set<string>();
  for (const write of writes) {
    if (write.request !== undefined) requests.add(write.request.id);
    if (write.kind === "create") {
      for (const { email } of write.users) emails.add(foldText(email));
      continue;
    }
    ids.add(write.id);
    if (write.kind === "undelete") revived.add(write.id);
    if (write.kind === "update" && write.changes.email !== undefined) emails.add(foldText(write.changes.email));
  }
  return { ids: [...ids], emails: [...emails], revived: [...revived], requests: [...requests] };
}

/**
 * Decides writes one after the other, each on what those before it leave, and returns what to store. A write that is
 * refused uses no id and no number, and leaves no trace.
 *
 * A database that stores many users in one statement looks at its index of emails row by row. So the batch ends before a
 * write that takes an email which a user of the database gave up in the same batch.
 */
export function decideBatch(writes: readonly Write[], state: BatchState): BatchPlan {
  const batch = new Batch(state);
  const results: WriteResult[] = [];
  for (const write of writes) {
    if (batch.takesFreedEmail(write)) break;
    results.push(batch.decide(write));
  }
  return { results, ...batch.changes() };
}

class Batch {
  readonly #state: BatchState;
  readonly #users = new Map<number, UserRecord>();
  /** Whose a folded email is. */
  readonly #owners = new Map<string, number>();
  /** Emails that users of the database gave up. */
  readonly #freed = new Set<string>();
  readonly #requests = new Map<string, AnsweredRequest & { readonly time: number }>();
  readonly #events: PlannedEvent[] = [];
  #lastId: number;

  constructor(state: BatchState) {
    this.#state = state;
    this.#lastId = state.lastId;
    for (const { id, email, deleteTime } of state.users.values()) {
      if (deleteTime === undefined) this.#owners.set(foldText(email), id);
    }
  }

  takesFreedEmail(write: Write): boolean {
    return this.#freed.size > 0 && this.#emailsOf(write).some(email => this.#freed.has(foldText(email)));
  }

  decide(write: Write): WriteResult {
    const { request, time } = write;
    if (request === undefined) return this.#apply(write);
    const known = this.#requests.get(request.id) ?? this.#state.requests.get(request.id);
    if (known !== undefined) {
      return known.fingerprint === request.fingerprint ? known.answer : { status: "refused", reason: "request_reused" };
    }
    const answer = this.#apply(write);
    if (answer.status !== "refused") {
      this.#requests.set(request.id, { fingerprint: request.fingerprint, answer, time });
    }
    return answer;
  }

  changes(): Omit<BatchPlan, "results"> {
    const users = [...this.#users.values()];
    return {
      created: users.filter(({ id }) => id > this.#state.lastId),
      changed: users.filter(({ id }) => id <= this.#state.lastId),
      events: this.#events,
      requests: [...this.#requests].map(([id, request]) => ({ id, ...request })),
    };
  }

  #apply(write: Write): WriteResult {
    switch (write.kind) {
      case "create":
        return this.#create(write);
      case "append":
        return this.#append(write);
      default:
        return this.#change(write);
    }
  }

  #create({ users, time, maxId = Number.MAX_SAFE_INTEGER }: CreateUsers): WriteResult {
    const wanted = new Set<string>();
    for (const [index, { email }] of users.entries()) {
      const key = foldText(email);
      if (this.#owners.has(key) || wanted.has(key)) return { status: "refused", reason: "email_taken", index };
      if (this.#lastId + index + 1 > maxId) return { status: "refused", reason: "id_too_large", index };
      wanted.add(key);
    }
    const tx = this.#nextSeq;
    const ids: number[] = [];
    for (const user of users) {
      this.#lastId += 1;
      const record = createdRecord(user, this.#lastId, time);
      this.#put(record);
      this.#tell(tx, record.id, "created", time, { user: record });
      ids.push(record.id);
    }
    return { status: "created", ids, time } satisfies Created;
  }

  #change(write: UpdateUser | DeleteUser | UndeleteUser): WriteResult {
    const before = this.#find(write.id);
    const change = changeUser(before, write);
    if ("refused" in change) return { status: "refused", reason: change.refused };
    if ("absent" in change) return { status: "absent" };
    const { user, events } = change;
    if (events.length === 0) return { status: "changed", user };
    const owner = user.deleteTime === undefined ? this.#owners.get(foldText(user.email)) : undefined;
    if (owner !== undefined && owner !== user.id) return { status: "refused", reason: "email_taken" };
    this.#put(user);
    const tx = this.#nextSeq;
    for (const type of events) this.#tell(tx, user.id, type, write.time, { user, before });
    return { status: "changed", user };
  }

  #append({ id, type, time, payload }: AppendEvent): WriteResult {
    const before = this.#find(id);
    if (before === undefined) return { status: "refused", reason: "missing" };
    if (before.deleteTime !== undefined) return { status: "refused", reason: "deleted" };
    this.#tell(this.#nextSeq, id, type, time, { before, payload });
    return { status: "appended", time };
  }

  #find(id: number): UserRecord | undefined {
    return this.#users.get(id) ?? this.#state.users.get(id);
  }

  #put(user: UserRecord): void {
    const before = this.#find(user.id);
    if (before !== undefined && before.deleteTime === undefined) {
      const key = foldText(before.email);
      this.#owners.delete(key);
      if (user.id <= this.#state.lastId) this.#freed.add(key);
    }
    if (user.deleteTime === undefined) {
      const key = foldText(user.email);
      this.#owners.set(key, user.id);
      this.#freed.delete(key);
    }
    this.#users.set(user.id, user);
  }

  #tell(
    tx: number,
    userId: number,
    type: string,
    time: number,
    { user, before, payload }: Partial<Pick<PlannedEvent, "user" | "before" | "payload">>,
  ): void {
    this.#events.push({ seq: this.#nextSeq, tx, userId, type, time, user, before, payload });
  }

  get #nextSeq(): number {
    return this.#state.lastSeq + this.#events.length + 1;
  }

  #emailsOf(write: Write): readonly string[] {
    if (write.kind === "create") return write.users.map(({ email }) => email);
    if (write.kind === "update") return write.changes.email === undefined ? [] : [write.changes.email];
    if (write.kind !== "undelete") return [];
    const user = this.#find(write.id);
    return user === undefined ? [] : [user.email];
  }
}
