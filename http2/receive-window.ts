import { defaultWindow, maxFrameBytes } from "./frames.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** The largest window that a reader gets by being fast. A message may open more: see `want`. */
export const maxGrownWindow = 1024 * 1024;

/**
 * How many bytes of DATA a stream's peer may send: RFC 9113 section 6.9. Bytes that were consumed are given back from a
 * quarter of the window on. The window doubles when it is consumed within two round trips, as QUIC's do: fast readers
 * get memory, slow ones none. At all times `available` + held by the stream + consumed and not yet given back is
 * `size` + `extra`.
 */
export class ReceiveWindow {
  readonly #growth: MemoryBudget;
  #initial: number;
  size: number;
  /** Opened for one message, and not given back once it is consumed. */
  #extra = 0;
  /** What the peer may still send. Below zero where the window was narrowed: it may have been sent by then. */
  available: number;
  #consumed = 0;
  /** When the present window's consumption began, and how much of it is done. */
  #since = 0;
  #sinceBytes = 0;

  /** `initial` is what SETTINGS tell the peer, and defaults to 65,535 bytes. */
  constructor(growth: MemoryBudget, initial: number = defaultWindow) {
    this.#growth = growth;
    this.#initial = initial;
    this.size = initial;
    this.available = initial;
  }

  /** Counts bytes that came. Returns false where the peer was not allowed to send them. */
  receive(bytes: number): boolean {
    if (bytes > this.available) return false;
    this.available -= bytes;
    return true;
  }

  /** Counts bytes that are done with. Returns by how much to widen the window now; mostly 0. */
  consume(bytes: number, now: number, roundTripMs: number): number {
    if (this.#sinceBytes === 0) this.#since = now;
    this.#sinceBytes += bytes;
    if (this.#extra > 0) {
      const repaid = Math.min(this.#extra, bytes);
      this.#extra -= repaid;
      this.#growth.give(repaid);
      bytes -= repaid;
    }
    this.#consumed += bytes;
    const grown = this.#sinceBytes >= this.size ? this.#grow(now, roundTripMs) : 0;
    if (grown === 0 && this.#consumed * 4 < this.size) return 0;
    const increment = this.#consumed + grown;
    this.#consumed = 0;
    this.available += increment;
    return increment;
  }

  /** Returns by how much to widen the window so that a message of which `bytes` are to come fits. */
  want(bytes: number): number {
    const missing = bytes - this.available - this.#consumed;
    // Below a quarter it comes by itself.
    if (missing <= 0 || !this.#growth.take(missing)) return 0;
    this.#extra += missing;
    const increment = missing + this.#consumed;
    this.#consumed = 0;
    this.available += increment;
    return increment;
  }

  /**
   * The window that streams begin with has changed by so many bytes, and this one with it (RFC 9113 section 6.9.2). Returns
   * by how much to widen it now: one that is narrowed below zero would wait for ever for what is consumed to be given back.
   */
  move(difference: number): number {
    this.#initial += difference;
    this.size += difference;
    this.available += difference;
    if (difference >= 0) return 0;
    const increment = this.#consumed;
    this.#consumed = 0;
    this.available += increment;
    return increment;
  }

  /** Gives all growth back at the stream's end. */
  close(): void {
    this.#growth.give(this.#extra + this.size - this.#initial);
    this.#extra = 0;
    this.size = this.#initial;
  }

  #grow(now: number, roundTripMs: number): number {
    const fast = now - this.#since < 2 * roundTripMs;
    this.#sinceBytes = 0;
    const growth = Math.min(this.size, maxGrownWindow - this.size);
    if (!fast || growth <= 0 || !this.#growth.take(growth)) return 0;
    this.size += growth;
    return growth;
  }
}

/**
 * The connection's window. Bytes are given back as they come: a stream that is not read starves no other, and what is
 * held in memory is bounded by the streams' windows (as grpc-go's `handleData`).
 */
export class ConnectionReceiveWindow {
  /** Wide enough for a large message on each of a few streams within a round trip. */
  size = 8 * 1024 * 1024;
  available = defaultWindow;
  /** What streams hold that is not read, in bytes. */
  unread = 0;
  /** What `available` and `unread` are together at most: Infinity where the streams' own windows are bound enough. */
  limit = Number.POSITIVE_INFINITY;

  /** By how much to widen the window at the connection's start. */
  open(): number {
    const increment = this.size - defaultWindow;
    this.available += increment;
    return increment;
  }

  /** Counts bytes that came. Returns false where the peer was not allowed to send them. */
  receive(bytes: number): boolean {
    if (bytes > this.available) return false;
    this.available -= bytes;
    return true;
  }

  /** Returns by how much to widen the window now; mostly 0. */
  refill(): number {
    const allowed = Math.min(this.size, this.limit - this.unread);
    const missing = allowed - this.available;
    // Near the limit a window that opens by every byte that is read would be made of dribbles.
    if (missing < maxFrameBytes || missing * 4 < allowed) return 0;
    this.available += missing;
    return missing;
  }
}
