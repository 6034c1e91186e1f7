import type { Clock } from "./clock.ts";
import { maxDrainBytes } from "./inflow.ts";
import { type TimerOwner, WheelTimer } from "./timer-wheel.ts";

/**
 * How long a reply waits for a body of a stated length. connect-go ends its body short once it has a reply's head, and
 * nghttp2 resets a stream of another length than stated with PROTOCOL_ERROR (RFC 9113 section 8.1.1).
 */
export const statedBodyMs = 1_000;

/** How long a client may go on sending after its reply before the stream is reset with NO_ERROR (RFC 9113 section 8.1). */
export const drainMs = 200;

/** A stream as its early reply sees it. */
export interface Replying {
  readonly writeEnded: boolean;
  /** Has what is sent wait, until `letGo`. */
  hold(): void;
  letGo(): void;
  /** Has what comes dropped. */
  discard(): void;
  /** Refuses what still comes. */
  cut(): void;
  caught(error: unknown): void;
}

/** Whether a body of this stated length (-1 for none) is worth to be waited for: bounded, and soon here. */
export function isSoonRead(statedLength: number): boolean {
  return statedLength >= 0 && statedLength <= maxDrainBytes;
}

/** A reply that is faster than its request. It is never reset before END_STREAM is out: clients drop what they have. */
export class EarlyReply implements TimerOwner {
  readonly #stream: Replying;
  readonly #clock: Clock;
  readonly #timer: WheelTimer;

  constructor(stream: Replying, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#timer = new WheelTimer(this);
  }

  /** Holds the reply until the request is here, or the time is up. */
  hold(): void {
    this.#stream.hold();
    this.#clock.set(this.#timer, statedBodyMs);
  }

  /** The request is here. */
  requestEnded(): void {
    this.cancel();
    this.#stream.letGo();
  }

  /** The reply is out, and its request is not here. */
  replied(): void {
    this.#stream.discard();
    this.#clock.set(this.#timer, drainMs);
  }

  expired(): void {
    const stream = this.#stream;
    try {
      if (stream.writeEnded) stream.cut();
      else stream.letGo();
    } catch (error) {
      stream.caught(error);
    }
  }

  cancel(): void {
    this.#clock.clear(this.#timer);
  }
}
