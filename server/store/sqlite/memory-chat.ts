import type { SaidMessage } from "../user-store.ts";

/** Milliseconds that a message is kept. */
const KEEP_MS = 60_000;

/** What is said in the chat room of one data file: whoever has the file orders it. */
export class MemoryChat {
  readonly #clock: () => number;
  /** The oldest first. */
  readonly #said: (SaidMessage & { readonly time: number })[] = [];
  #newest = 0;

  /** `clock` returns milliseconds since any moment. Defaults to that of the process. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** The number of the last message; 0 where there never was one. */
  get newest(): number {
    return this.#newest;
  }

  /** Appends a message, forgets what is older than a minute, and returns the message's number. */
  say(body: Uint8Array): number {
    const time = this.#clock();
    this.#newest += 1;
    this.#said.push({ seq: this.#newest, body, time });
    const kept = this.#said.findIndex(message => time - message.time <= KEEP_MS);
    this.#said.splice(0, kept);
    return this.#newest;
  }

  /** Returns at most `limit` messages after a number, in order. */
  read(after: number, limit: number): readonly SaidMessage[] {
    const oldest = this.#newest - this.#said.length;
    const from = Math.max(after - oldest, 0);
    return this.#said.slice(from, from + limit).map(({ seq, body }) => ({ seq, body }));
  }
}
