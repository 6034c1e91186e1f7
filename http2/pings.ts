import type { FrameWriter } from "./frame-writer.ts";

/** How old a measured round trip may be before it is measured again. */
const measureMs = 10_000;

/** What a PING was sent for. */
export const PingPurpose = { measure: 1, keepalive: 2, shutdown: 3 } as const;

/** A PING that is under way. */
interface Sent {
  readonly purpose: number;
  readonly number: number;
  readonly at: number;
}

const none: readonly Sent[] = Object.freeze([]);

/** Where payloads are written on their way to a frame. */
const payload = Buffer.alloc(8);

/** The PINGs sent, RFC 9113 section 6.7, and the round trip they measure. Answers to none of them are ignored. */
export class Pings {
  /** The last round trip; 0 until one is known. */
  roundTripMs = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #count = 0;
  /** The last of each purpose that is not answered. */
  #sent: readonly Sent[] = none;

  /** Whether a PING of this purpose is not answered yet. */
  awaits(purpose: number): boolean {
    return this.#sent.some(ping => ping.purpose === purpose);
  }

  send(purpose: number, now: number, frames: FrameWriter): void {
    this.#count = (this.#count + 1) & 0x7fff_ffff;
    const number = this.#count || 1;
    this.#sent = [...this.#without(purpose), { purpose, number, at: now }];
    payload.writeUInt32BE(purpose, 0);
    payload.writeUInt32BE(number, 4);
    frames.ping(payload, false);
  }

  #without(purpose: number): readonly Sent[] {
    return this.#sent.length === 0 ? none : this.#sent.filter(ping => ping.purpose !== purpose);
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
    const sent = this.#sent.find(ping => ping.purpose === purpose && ping.number === number);
    if (sent === undefined) return 0;
    this.#sent = this.#sent.length === 1 ? none : this.#without(purpose);
    this.measured(now - sent.at, now);
    return purpose;
  }
}
