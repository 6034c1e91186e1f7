import type { FrameWriter } from "./frame-writer.ts";
import { ErrorCode, maxInt31 } from "./frames.ts";
import { PingPurpose, type Pings } from "./pings.ts";

/** How long the answer to the PING is awaited before the second GOAWAY goes out. */
const secondGoawayMs = 5_000;

/**
 * A connection's graceful end, RFC 9113 section 6.8. A server sends GOAWAY twice: the first says that it is about to
 * end; after a round trip no request can be under way that the second one's id does not cover (gRFC A9).
 */
export class Shutdown {
  readonly #isServer: boolean;
  #startedAt = Number.POSITIVE_INFINITY;
  #isFinal = false;
  #lastId = maxInt31;

  constructor(isServer: boolean) {
    this.#isServer = isServer;
  }

  get isStarted(): boolean {
    return this.#startedAt !== Number.POSITIVE_INFINITY;
  }

  /** Whether the peer knows which of its streams are still served: with the last of them the connection ends. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** When `tick` has something to do. */
  get dueAt(): number {
    return this.#isFinal ? Number.POSITIVE_INFINITY : this.#startedAt + secondGoawayMs;
  }

  /** Whether a stream of the peer is too new to be served: its frames are decoded and dropped. */
  ignores(id: number): boolean {
    return id > this.#lastId;
  }

  /** `text` tells why, as `max_age`. */
  start(text: string, now: number, lastPeerId: number, frames: FrameWriter, pings: Pings): void {
    if (this.isStarted) return;
    this.#startedAt = now;
    if (!this.#isServer) {
      this.#finish(lastPeerId, text, frames);
      return;
    }
    frames.goaway(maxInt31, ErrorCode.noError, text);
    pings.send(PingPurpose.shutdown, now, frames);
  }

  /** The PING is answered, or its time is up. */
  confirm(lastPeerId: number, frames: FrameWriter): void {
    if (this.isStarted && !this.#isFinal) this.#finish(lastPeerId, "", frames);
  }

  #finish(lastPeerId: number, text: string, frames: FrameWriter): void {
    this.#isFinal = true;
    this.#lastId = lastPeerId;
    frames.goaway(lastPeerId, ErrorCode.noError, text);
  }
}
