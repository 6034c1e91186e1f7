import { StoreUnavailableError } from "../errors.ts";
import type { Write, WriteResult } from "../writes.ts";

/** Writes that wait at most. Above, the store is overloaded, and to queue more only makes all of them late. */
const MAX_PENDING_WRITES = 20_000;
/** Writes of one batch, at most. */
const MAX_BATCH = 500;
/** A write that creates more users is a batch of its own, so that the others do not wait for it twice. */
const MANY_USERS = 250;

/** A write that waits for its result. */
export interface Entry {
  readonly write: Write;
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
  /** Whether it is in a batch, so that it may happen. */
  taken: boolean;
}

/** Writes in the order in which they came, each until it has its result, or has waited as long as it may. */
export class WriteQueue {
  readonly #waitMs: number;
  /** All that have no result yet; the oldest first. */
  readonly #open = new Set<Entry>();
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** How many have no result yet. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Resolves with the result. Rejects with {@link StoreUnavailableError} where too many wait, or this one has waited too long:
   * the error says whether the write may have happened.
   */
  add(write: Write): Promise<WriteResult> {
    if (this.#open.size >= MAX_PENDING_WRITES) {
      return Promise.reject(new StoreUnavailableError(`${MAX_PENDING_WRITES} writes are waiting already`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<WriteResult>();
    const entry = { write, deadline: performance.now() + this.#waitMs, resolve, reject, taken: false };
    this.#open.add(entry);
    this.#waiting.push(entry);
    this.#timer ??= setTimeout(this.#expire, this.#waitMs);
    return promise;
  }

  /** Those that would be taken now. */
  next(most = MAX_BATCH): Entry[] {
    const entries: Entry[] = [];
    for (const entry of this.#waiting) {
      const isLarge = entry.write.kind === "create" && entry.write.users.length > MANY_USERS;
      if (entries.length === most || (isLarge && entries.length > 0)) break;
      entries.push(entry);
      if (isLarge) break;
    }
    return entries;
  }

  /** Takes the next ones for a batch. */
  take(most = MAX_BATCH): Entry[] {
    const entries = this.next(most);
    for (const entry of entries) entry.taken = true;
    this.#waiting = this.#waiting.slice(entries.length);
    return entries;
  }

  /** Puts back what was taken and did not happen; it comes first again. Whose time is over is left out. */
  putBack(entries: readonly Entry[]): void {
    const open = entries.filter(entry => this.#open.has(entry));
    for (const entry of open) entry.taken = false;
    this.#waiting = [...open, ...this.#waiting];
  }

  /** Has a write end with its result. */
  resolve(entry: Entry, result: WriteResult): void {
    if (this.#close(entry)) entry.resolve(result);
  }

  /** Has a write end with an error. */
  reject(entry: Entry, error: Error): void {
    if (this.#close(entry)) entry.reject(error);
  }

  /** Resolves once there is none left. */
  async whenEmpty(): Promise<void> {
    if (this.#open.size === 0) return;
    this.#empty ??= Promise.withResolvers();
    await this.#empty.promise;
  }

  #close(entry: Entry): boolean {
    const was = this.#open.delete(entry);
    if (this.#open.size > 0) return was;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#empty?.resolve();
    return was;
  }

  readonly #expire = (): void => {
    const now = performance.now();
    for (const entry of this.#open) {
      // They came in this order, and all wait equally long.
      if (entry.deadline > now) break;
      if (!entry.taken) this.#waiting = this.#waiting.filter(other => other !== entry);
      this.reject(entry, entry.taken ? outcomeUnknown() : takesNoWrites());
    }
    const [oldest] = this.#open;
    this.#timer = oldest && setTimeout(this.#expire, Math.max(1, oldest.deadline - now));
  };
}

function takesNoWrites(): StoreUnavailableError {
  return new StoreUnavailableError("the store takes no writes at the moment");
}

function outcomeUnknown(): StoreUnavailableError {
  const message =
    "the write may have happened: the database was lost before it said so; a retry with the same request_id is safe";
  return new StoreUnavailableError(message, { mayHaveHappened: true });
}
