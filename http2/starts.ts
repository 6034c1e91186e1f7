import type { Stream } from "./stream.ts";

/** Calls of one connection that are started within a turn of the event loop (HAProxy: `max-frames-at-once`). */
const startsPerTurn = 100;

/**
 * Bytes of replies that wait on one connection, above which its next requests do: a client that reads slowly is not to
 * blame, so they are not refused.
 */
const maxQueuedBytes = 4 * 1024 * 1024;

/** A connection's sending part, as its requests look at it. */
interface Replies {
  /** Bytes of replies that wait. */
  readonly queuedBytes: number;
}

/** Whoever serves requests; nobody on a client's side. */
interface Serving {
  request?(stream: Stream): void;
}

/**
 * Requests on their way to whoever serves them. They start when the chunk is parsed that they came in, not at their
 * HEADERS: a request that is reset in the same read starts nothing (CVE-2023-44487), and most bodies are there whole.
 */
export class Starts {
  readonly #serving: Serving;
  readonly #replies: Replies;
  #waiting: Stream[] | undefined = undefined;
  /** Those of them that were not reset. */
  #alive = 0;
  #left = startsPerTurn;
  /** Calls that were started and are not settled, reset or not. */
  running = 0;

  constructor(serving: Serving, replies: Replies) {
    this.#serving = serving;
    this.#replies = replies;
  }

  get #isHeld(): boolean {
    return this.#replies.queuedBytes > maxQueuedBytes;
  }

  /** Whether a request waits that may be started. */
  get isDue(): boolean {
    return this.#alive > 0 && !this.#isHeld;
  }

  /** Calls that run, or will. */
  get count(): number {
    return this.running + this.#alive;
  }

  add(stream: Stream): void {
    stream.isWaiting = true;
    this.#alive++;
    if (this.#waiting === undefined) this.#waiting = [stream];
    else this.#waiting.push(stream);
  }

  /** A call that waits was reset. */
  dropped(stream: { isWaiting: boolean }): void {
    stream.isWaiting = false;
    this.#alive--;
  }

  /** Starts what waits, within the turn's bound. Returns whether the turn's end has something to do. */
  run(): boolean {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#isHeld) return false;
    this.#waiting = undefined;
    let at = 0;
    for (; at < waiting.length && this.#left > 0; at++) {
      const stream = waiting[at];
      if (stream === undefined || stream.isClosed) continue;
      this.#left--;
      this.#alive--;
      this.running++;
      stream.started();
      this.#serving.request?.(stream);
    }
    if (at < waiting.length) this.#waiting = [...waiting.slice(at), ...(this.#waiting ?? [])];
    return true;
  }

  /** A new turn: as many may start again. */
  turn(): void {
    this.#left = startsPerTurn;
  }

  settled(): void {
    this.running--;
  }
}
