import { StoreUnavailableError } from "../errors.ts";
import type { OnBatch, RetentionLimits, StoreHealth } from "../user-store.ts";
import type { CreateUsers, Write, WriteResult } from "../writes.ts";
import type { FromWriter } from "./writer-messages.ts";
import type { WriterPort } from "./writer-port.ts";

/** How many events and request ids went. */
export type Trimmed = { readonly events: number; readonly requests: number };

/** What a writer needs, and whom it tells. */
export interface WriterOptions {
  readonly port: WriterPort;
  readonly onCommit: () => void;
  readonly onBatch?: OnBatch | undefined;
  readonly onHealth: (health: StoreHealth) => void;
}

/** Users that one message carries: copying more at a time would hold up the thread that serves calls. */
const USERS_PER_MESSAGE = 250;

/** Writes that wait at most. Above, the store is overloaded, and to queue more only makes all of them late. */
const MAX_PENDING_WRITES = 20_000;

interface Pending {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** The one writer of a data file, behind a port. What is written in one turn of the event loop is sent at once. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #opened = Promise.withResolvers<void>();
  readonly #idle = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #pending = new Map<number, Pending>();
  #lastTicket = 0;
  #batch: { tickets: number[]; writes: Write[] } | undefined;
  #health: StoreHealth = { state: "ready" };

  constructor(options: WriterOptions) {
    this.#options = options;
    options.port.onMessage(message => this.#receive(message));
    options.port.onEnd(reason => {
      this.#fail(reason);
      this.#closed.resolve();
    });
  }

  /** Resolves when the writer has the data file open; rejects where it cannot open it. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** As in the store. */
  get health(): StoreHealth {
    return this.#health;
  }

  /** As in the store. */
  async write(write: Write): Promise<WriteResult> {
    this.#assertReady();
    if (this.#pending.size >= MAX_PENDING_WRITES) {
      throw new StoreUnavailableError(`${MAX_PENDING_WRITES} writes are waiting already`);
    }
    const { ticket, answer } = this.#ask<WriteResult>();
    if (write.kind === "create") this.#sendCreate(ticket, write, 0);
    else this.#enqueue(ticket, write);
    return answer;
  }

  /** As in the store. */
  async trim(limits: RetentionLimits): Promise<Trimmed> {
    this.#assertReady();
    const { ticket, answer } = this.#ask<Trimmed>();
    this.#options.port.post({ kind: "trim", ticket, limits, now: Date.now() });
    return answer;
  }

  /** Takes no more writes, and waits for those under way. */
  async drain(): Promise<void> {
    this.#setHealth({ state: "closed" });
    if (this.#pending.size === 0) this.#idle.resolve();
    await this.#idle.promise;
  }

  /** Lets go of the writer, after which one on a thread of its own has closed its connection. */
  async end(): Promise<void> {
    this.#options.port.post({ kind: "close" });
    await this.#closed.promise;
  }

  #assertReady(): void {
    const { state, reason } = this.#health;
    if (state === "ready") return;
    const message = state === "closed" ? "the store is closed" : "the store takes no writes at the moment";
    throw new StoreUnavailableError(message, { cause: reason });
  }

  #ask<T>(): { ticket: number; answer: Promise<T> } {
    this.#lastTicket += 1;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#pending.set(this.#lastTicket, { resolve: value => resolve(value as T), reject });
    return { ticket: this.#lastTicket, answer: promise };
  }

  #sendCreate(ticket: number, write: CreateUsers, from: number): void {
    const end = from + USERS_PER_MESSAGE;
    const users = write.users.slice(from, end);
    if (end >= write.users.length) {
      this.#enqueue(ticket, { ...write, users });
      return;
    }
    this.#options.port.post({ kind: "users", ticket, users });
    setImmediate(() => this.#sendCreate(ticket, write, end));
  }

  #enqueue(ticket: number, write: Write): void {
    if (this.#batch === undefined) {
      this.#batch = { tickets: [], writes: [] };
      setImmediate(() => this.#flush());
    }
    this.#batch.tickets.push(ticket);
    this.#batch.writes.push(write);
  }

  #flush(): void {
    if (this.#batch) this.#options.port.post({ kind: "writes", ...this.#batch });
    this.#batch = undefined;
  }

  #receive(message: FromWriter): void {
    switch (message.kind) {
      case "ready":
        this.#opened.resolve();
        break;
      case "health":
        this.#setHealth(message.health);
        break;
      case "trimmed": {
        const { events, requests } = message;
        this.#settle(message.ticket, ({ resolve }) => resolve({ events, requests }));
        break;
      }
      case "unavailable": {
        const error = new StoreUnavailableError("the store takes no writes at the moment");
        for (const ticket of message.tickets) this.#settle(ticket, ({ reject }) => reject(error));
        break;
      }
      case "outcomes":
        for (const [index, ticket] of message.tickets.entries()) {
          const outcome = message.outcomes[index];
          this.#settle(ticket, ({ resolve, reject }) => {
            if (outcome?.status === "failed") reject(new Error(`a write failed: ${outcome.message}`));
            else resolve(outcome);
          });
        }
        this.#options.onBatch?.(message.tickets.length, message.ms);
        this.#options.onCommit();
        break;
      case "committed":
        this.#options.onCommit();
        break;
      case "closed":
        this.#closed.resolve();
    }
  }

  #settle(ticket: number, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    if (pending) how(pending);
    if (this.#pending.size === 0 && this.#health.state === "closed") this.#idle.resolve();
  }

  #setHealth(health: StoreHealth): void {
    if (this.#health.state === "closed") return;
    this.#health = health;
    this.#options.onHealth(health);
  }

  #fail(error: unknown): void {
    this.#opened.reject(error);
    this.#setHealth({ state: "failed", reason: String(error) });
    const unavailable = new StoreUnavailableError("the store has lost its writer", { cause: error });
    for (const ticket of [...this.#pending.keys()]) this.#settle(ticket, ({ reject }) => reject(unavailable));
  }
}
