import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type BatchState, decideBatch } from "../batch.ts";
import { StoreUnavailableError } from "../errors.ts";
import type { OnBatch, StoreHealth } from "../user-store.ts";
import type { Write, WriteResult } from "../writes.ts";
import type { Connection } from "./connection.ts";
import type { Session } from "./session.ts";
import { codeOf, isVerdict, troubleOf } from "./sqlstate.ts";
import { lockAndRead, readMore, storeBatch, wasCommitted } from "./write-batch.ts";
import { type Entry, WriteQueue } from "./write-queue.ts";

/** What a writer needs, and whom it tells. */
export interface WriterOptions {
  /** A connection that nobody else uses. */
  readonly session: Pick<Session, "now" | "next">;
  /** What to add to the tx of events; see `epochBase`. */
  readonly epochBase: () => bigint;
  /** Milliseconds to add to the times of writes. */
  readonly clockShift: () => number;
  /** Milliseconds since 1970, as the database has it. */
  readonly clock: () => number;
  /** Milliseconds that a write waits for the database. */
  readonly waitMs: number;
  readonly onCommit: () => void;
  readonly onBatch?: OnBatch | undefined;
  readonly onHealth: (health: StoreHealth) => void;
}

/** Milliseconds between two attempts where the database takes no writes. */
const PROBE_MS = 500;

/** A batch whose COMMIT was sent. */
interface Doubt {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly results: readonly WriteResult[];
}

/**
 * Writes in batches: takes the lock, and then all that waits by that time; reads, decides in memory, stores and commits. So
 * batches grow with the load, and while one replica commits the others gather. There are two ways to the server under the
 * lock, and a third where many writes came while it was waited for.
 *
 * A batch whose connection is lost at its end is looked up by its id before anything else is written, under the lock, which it
 * held until its end: either it happened, and its writes get their results, or it did not, and they are done anew.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #queue: WriteQueue;
  #doubt: Doubt | undefined;
  /** How many of the next writes go alone, since one of their batch failed. */
  #alone = 0;
  #running = false;
  /** The connection was cut on purpose, for one that may be allowed to write. */
  #renewing = false;
  #health: StoreHealth = { state: "ready" };

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#queue = new WriteQueue(options.waitMs);
  }

  /** As in the store. */
  get health(): StoreHealth {
    return this.#health;
  }

  /** As in the store. */
  write(write: Write): Promise<WriteResult> {
    if (this.#health.state === "closed") return Promise.reject(new StoreUnavailableError("the store is closed"));
    const result = this.#queue.add(write);
    this.#start();
    return result;
  }

  /** Told that the connection is gone, or could not be made. */
  lose(error: unknown): void {
    if (this.#renewing) {
      this.#renewing = false;
      return;
    }
    this.#setHealth({ state: troubleOf(error) === "denied" ? "failed" : "unreachable", reason: codeOf(error) });
  }

  /** Told that the connection is there again. */
  regain(): void {
    if (this.#health.state !== "read_only") this.#setHealth({ state: "ready" });
  }

  /** Takes no more writes, and waits for those under way. */
  async drain(): Promise<void> {
    this.#setHealth({ state: "closed" });
    await this.#queue.whenEmpty();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // What is written in one turn of the event loop is one batch.
    setImmediate(() => void this.#run());
  }

  /** Whether there is anything to write, if only to see whether that is possible again. */
  get #wanted(): boolean {
    return this.#queue.size > 0 || this.#health.state === "read_only" || this.#health.state === "failed";
  }

  async #run(): Promise<void> {
    while (this.#wanted) {
      let connection: Connection | undefined;
      try {
        connection = this.#options.session.now ?? (await this.#options.session.next());
        await this.#commitBatch(connection);
        this.#setHealth({ state: "ready" });
      } catch (error) {
        // Without a connection the session is closed, and its owner has waited for all there was to write.
        if (connection === undefined) break;
        await this.#recover(connection, error);
      }
    }
    this.#running = false;
  }

  async #commitBatch(connection: Connection): Promise<void> {
    const { epochBase, clock, onCommit, onBatch } = this.#options;
    // Whose outcome is in doubt, and who has to go alone, comes before those that wait.
    const ahead = this.#doubt === undefined && this.#alone === 0 ? this.#queue.next() : [];
    const known = await this.#lock(connection, ahead);
    if (known === undefined) return;
    await this.#resolveDoubt(connection);
    const start = performance.now();
    const { entries, late } = this.#take(ahead);
    try {
      const state = late.length === 0 ? known : await readMore(connection, known, this.#timed(late));
      const plan = decideBatch(this.#timed(entries), state);
      this.#queue.putBack(entries.splice(plan.results.length));
      const doubt = { id: randomUUID(), entries, results: plan.results };
      if (entries.length > 0 && plan.events.length + plan.requests.length === 0) {
        // All were refused, or changed nothing.
        await connection.command("ROLLBACK");
      } else {
        this.#doubt = doubt;
        await storeBatch(connection, plan, { id: doubt.id, time: clock(), epochBase: epochBase() });
      }
      this.#settle(doubt);
      if (entries.length > 0) onBatch?.(entries.length, performance.now() - start);
      if (plan.events.length > 0) onCommit();
    } catch (error) {
      // Only the server can say that what was sent will not happen.
      if (this.#doubt !== undefined && !isVerdict(error)) throw error;
      this.#doubt = undefined;
      if (troubleOf(error) === "other" && entries.length > 0) {
        this.#singleOut(entries, error);
        await connection.command("ROLLBACK");
      } else {
        this.#queue.putBack(entries);
        throw error;
      }
    }
  }

  /**
   * Takes the lock, and looks up what is there for writes that wait already. Where the server cannot take one of those, lets go
   * of it again, has them go alone, and resolves to undefined.
   */
  async #lock(connection: Connection, ahead: readonly Entry[]): Promise<BatchState | undefined> {
    try {
      return await lockAndRead(connection, this.#timed(ahead));
    } catch (error) {
      if (ahead.length === 0 || !isVerdict(error) || troubleOf(error) !== "other") throw error;
      this.#alone = ahead.length;
      await connection.command("ROLLBACK");
      return undefined;
    }
  }

  /**
   * Takes a batch: those that were looked up, and those that have come late, while the lock was waited for. To look up these
   * as well makes everybody wait once more, so where they are the fewer ones they are left for the next batch.
   */
  #take(ahead: readonly Entry[]): { readonly entries: Entry[]; readonly late: readonly Entry[] } {
    const entries = this.#queue.take(this.#alone > 0 ? 1 : undefined);
    this.#alone = Math.max(0, this.#alone - 1);
    const lookedUp = new Set(ahead);
    const late = entries.filter(entry => !lookedUp.has(entry));
    if (2 * late.length >= entries.length) return { entries, late };
    this.#queue.putBack(entries.splice(-late.length, late.length));
    return { entries, late: [] };
  }

  /** The writes of entries, by the database's time. */
  #timed(entries: readonly Entry[]): Write[] {
    const shift = this.#options.clockShift();
    return entries.map(({ write }) => (shift === 0 ? write : { ...write, time: write.time + shift }));
  }

  async #resolveDoubt(connection: Connection): Promise<void> {
    const doubt = this.#doubt;
    if (doubt === undefined) return;
    if (await wasCommitted(connection, doubt.id)) {
      this.#settle(doubt);
      this.#options.onCommit();
    } else {
      this.#doubt = undefined;
      this.#queue.putBack(doubt.entries);
    }
  }

  #settle({ entries, results }: Doubt): void {
    this.#doubt = undefined;
    for (const [index, entry] of entries.entries()) this.#queue.resolve(entry, results[index] as WriteResult);
  }

  /** Of a batch that fails for a reason no rule foresees, each write is done alone: the bad one fails, the others do not. */
  #singleOut(entries: readonly Entry[], error: unknown): void {
    const [only, ...others] = entries;
    if (only !== undefined && others.length === 0) {
      this.#queue.reject(only, new Error("a write failed", { cause: error }));
      return;
    }
    this.#alone = entries.length;
    this.#queue.putBack(entries);
  }

  async #recover(connection: Connection, error: unknown): Promise<void> {
    const trouble = troubleOf(error);
    if (trouble === "lost" || trouble === "read_only") {
      this.#renewing = trouble === "read_only";
      connection.cut();
      await connection.ended;
    } else {
      // Ends the transaction where the server has not; with the connection it is over anyway.
      await connection.command("ROLLBACK").catch(() => connection.cut());
    }
    if (trouble === "lost" || trouble === "again") return;
    const state = trouble === "read_only" || trouble === "full" ? "read_only" : "failed";
    this.#setHealth({ state, reason: codeOf(error) });
    await sleep(PROBE_MS);
  }

  #setHealth(health: StoreHealth): void {
    const { state } = this.#health;
    if (state === "closed" || state === health.state) return;
    this.#health = health;
    this.#options.onHealth(health);
    if (this.#wanted && health.state !== "unreachable") this.#start();
  }
}
