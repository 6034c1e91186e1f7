import { ErrorCode } from "./frames.ts";
import { maxDrainBytes } from "./inflow.ts";
import type { Stream } from "./stream.ts";
import { finished } from "./stream-events.ts";
import { type TimerOwner, WheelTimer } from "./timer-wheel.ts";

/**
 * How long a reply waits for a body of a stated length. connect-go ends its body short once it has a reply's head, and
 * nghttp2 resets a stream of another length than stated with PROTOCOL_ERROR (RFC 9113 section 8.1.1).
 */
export const statedBodyMs = 1_000;

/** How long a client may go on sending after its reply before the stream is reset with NO_ERROR (RFC 9113 section 8.1). */
export const drainMs = 200;

/** A reply that is faster than its request. It is never reset before END_STREAM is out: clients drop what they have. */
export class EarlyReply implements TimerOwner {
  readonly #stream: Stream;
  readonly #timer: WheelTimer;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#timer = new WheelTimer(this);
  }

  /** Whether the reply is to wait: the rest of the request is bounded, and soon here. */
  static waits(stream: Stream): boolean {
    return stream.request !== undefined && stream.statedLength >= 0 && stream.statedLength <= maxDrainBytes;
  }

  /** Holds the reply until the request is here, or the time is up. */
  hold(): void {
    this.#stream.hold();
    this.#stream.connection.clock.set(this.#timer, statedBodyMs);
  }

  /** The request is here. */
  requestEnded(): void {
    this.cancel();
    this.#stream.release();
  }

  /** The reply is out, and its request is not here. */
  replied(): void {
    this.#stream.discard();
    this.#stream.connection.clock.set(this.#timer, drainMs);
  }

  expired(): void {
    const stream = this.#stream;
    try {
      if (stream.writeEnded) this.#cut();
      else stream.release();
    } catch (error) {
      stream.connection.caught(error);
    }
  }

  #cut(): void {
    const stream = this.#stream;
    stream.connection.outbound.reset(stream.id, ErrorCode.noError);
    stream.close(finished);
  }

  cancel(): void {
    this.#stream.connection.clock.clear(this.#timer);
  }
}
