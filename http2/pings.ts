import type { FrameWriter } from "./frame-writer.ts";

/** How old a measured round trip may be before it is measured again. */
const measureMs = 10_000;

/** What a PING was sent for. */
export const PingPurpose = { measure: 1, keepalive: 2, shutdown: 3 } as const;

/** The PINGs sent, RFC 9113 section 6.7, and the round trip they measure. Answers to none of them are ignored. */
export class Pings {
  /** The last round trip; 0 until one is known. */
  roundTripMs = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  readonly #payload = Buffer.alloc(8);
  #count = 0;
  /** The number of the PING that is under way, by purpose, and when it was sent. */
  readonly #numbers = [0, 0, 0, 0];
  readonly #sentAt = [0, 0, 0, 0];

  /** Whether a PING of this purpose is not answered yet. */
  awaits(purpose: number): boolean {
    return this.#numbers[purpose] !== 0;
  }

  send(purpose: number, now: number, frames: FrameWriter): void {
    this.#count = (this.#count + 1) & 0x7fff_ffff;
    this.#numbers[purpose] = this.#count || 1;
    this.#sentAt[purpose] = now;
    this.#payload.writeUInt32BE(purpose, 0);
    this.#payload.writeUInt32BE(this.#count || 1, 4);
    frames.ping(this.#payload, false);
  }

  /** Measures the round trip behind a frame that the peer waits for anyway, where the last one is old. */
  measure(now: number, frames: FrameWriter): void {
    if (now - this.#measuredAt < measureMs) return;
    this.#measuredAt = now;
    this.send(PingPurpose.measure, now, frames);
  }

  /** Takes a round trip measured otherwise. */
  measured(roundTripMs: number, now: number): void {
    this.roundTripMs = roundTripMs;
    this.#measuredAt = now;
  }

  /** Takes an answer. Returns what its PING was sent for; 0 for an answer to none. */
  acknowledged(payload: Buffer, now: number): number {
    const purpose = payload.readUInt32BE(0);
    const number = payload.readUInt32BE(4);
    if (number === 0 || this.#numbers[purpose] !== number) return 0;
    this.#numbers[purpose] = 0;
    this.measured(now - (this.#sentAt[purpose] ?? now), now);
    return purpose;
  }
}
