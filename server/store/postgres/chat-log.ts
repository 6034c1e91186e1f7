import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { ChatLog, SaidMessage } from "../user-store.ts";
import { type Connection, inOneFlush } from "./connection.ts";
import type { Hints } from "./hints.ts";
import type { ReadPool } from "./pool.ts";

/** What a chat log needs. */
export interface PostgresChatLogOptions {
  readonly pool: ReadPool;
  readonly hints: Hints;
  /** Milliseconds since 1970, as the database has it. */
  readonly clock: () => number;
}

/** Milliseconds that a message is kept. */
const KEEP_MS = 60_000;
/** Milliseconds between two looks for old ones, while something is said. */
const CLEAN_MS = 10_000;
/** Messages of one transaction, at most. */
const MAX_BATCH = 200;

const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED";
const LOCK = { name: "lock_chat", text: "SELECT 1 FROM lock WHERE name = 'chat' FOR UPDATE" };
// Under the lock, and after it, so that it sees all that was said. Sent again after a lost connection, it finds its ids.
const SAY = {
  name: "say",
  text: `INSERT INTO chat (seq, id, body, time)
    SELECT coalesce((SELECT max(seq) FROM chat), 0) + place, id, body, $3
    FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS said(id, body, place)
    ON CONFLICT (id) DO NOTHING`,
};
const FIND = { name: "said", text: "SELECT id::text, seq FROM chat WHERE id = ANY($1::uuid[])" };
// The last one stays, for the next to be numbered after it.
const CLEAN = { name: "clean_chat", text: "DELETE FROM chat WHERE time < $1 AND seq < (SELECT max(seq) FROM chat)" };
const READ = { name: "read_chat", text: "SELECT seq, body FROM chat WHERE seq > $1 ORDER BY seq LIMIT $2" };
const NEWEST = { name: "newest_said", text: "SELECT coalesce(max(seq), 0) FROM chat" };

interface Waiting {
  readonly id: string;
  readonly body: Uint8Array;
  readonly resolve: (seq: number) => void;
  readonly reject: (error: unknown) => void;
}

/** The chat room of a database: a table under a lock row of its own, so that a commit there orders what is said. */
export class PostgresChatLog implements ChatLog {
  readonly #options: PostgresChatLogOptions;
  readonly #said = new EventEmitter<{ said: [] }>().setMaxListeners(0);
  #waiting: Waiting[] = [];
  #running = false;
  #cleaned = 0;

  constructor(options: PostgresChatLogOptions) {
    this.#options = options;
    options.hints.listen("chat", () => this.#said.emit("said"));
  }

  say(body: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push({ id: randomUUID(), body, resolve, reject });
    if (!this.#running) {
      this.#running = true;
      setImmediate(() => void this.#run());
    }
    return promise;
  }

  async newest(): Promise<number> {
    const [row] = await this.#options.pool.run(connection => connection.rows<[number]>(NEWEST));
    return row?.[0] ?? 0;
  }

  async read(after: number, limit: number): Promise<readonly SaidMessage[]> {
    const rows = await this.#options.pool.run(connection =>
      connection.rows<[number, Uint8Array]>(READ, [after, limit]),
    );
    return rows.map(([seq, body]) => ({ seq, body }));
  }

  onSaid(listener: () => void): () => void {
    this.#said.on("said", listener);
    return () => void this.#said.off("said", listener);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        const numbers = await this.#options.pool.run(connection => this.#commit(connection, batch));
        for (const { id, resolve } of batch) resolve(numbers.get(id) ?? 0);
        this.#said.emit("said");
        this.#options.hints.announce("chat");
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = false;
  }

  async #commit(connection: Connection, batch: readonly Waiting[]): Promise<ReadonlyMap<string, number>> {
    const now = this.#options.clock();
    const ids = batch.map(({ id }) => id);
    const bodies = batch.map(({ body }) => body);
    const [, , rows] = await inOneFlush(connection, BEGIN, () => [
      connection.rows(LOCK),
      connection.run(SAY, [ids, bodies, now]),
      connection.rows<[string, number]>(FIND, [ids]),
    ]);
    if (now - this.#cleaned >= CLEAN_MS) {
      this.#cleaned = now;
      await connection.run(CLEAN, [now - KEEP_MS]);
    }
    return new Map(rows);
  }
}
