import type { Rim } from "./connection-options.ts";
import type { Outbound } from "./outbound.ts";

/** A connection as its sending looks at it. */
interface LookedAfter {
  /** There is something to look after. */
  wake(): void;
}

/** When a connection's bytes go out: all of a turn at once. While too many of them pile up nothing is read. */
export class Sending {
  readonly #rim: Rim;
  readonly #outbound: Outbound;
  readonly #connection: LookedAfter;
  #hasJoined = false;
  #isReadingPaused = false;

  constructor(rim: Rim, outbound: Outbound, connection: LookedAfter) {
    this.#rim = rim;
    this.#outbound = outbound;
    this.#connection = connection;
  }

  /** Something was written: it goes out at the turn's end. */
  wrote(): void {
    if (this.#hasJoined) return;
    this.#hasJoined = true;
    this.#rim.joinTurn();
  }

  /** The turn ends: what is written from now on goes out at the end of the next. */
  turnEnded(): void {
    this.#hasJoined = false;
  }

  /** Sends what may go, and pauses reading where too much stays. */
  send(): void {
    const { output } = this.#outbound;
    this.#outbound.run();
    output.flush();
    if (this.#isReadingPaused || !output.clogged) return;
    this.#isReadingPaused = true;
    // A peer that does not read is to be looked after.
    this.#connection.wake();
    this.#rim.pauseReading();
  }

  /** The socket has room again: reads on where that is enough. */
  readOn(): void {
    if (!this.#isReadingPaused || this.#outbound.output.clogged) return;
    this.#isReadingPaused = false;
    this.#rim.resumeReading();
  }
}
