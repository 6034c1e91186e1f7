import { Budget } from "./budget.ts";
import { ConnectionError, ErrorCode } from "./frames.ts";

/** What a peer may cost us beyond its calls. Each attack of RFC 9113 section 10.5 empties one of these buckets. */
export class Floods {
  /**
   * 100, and 100 a minute: PING, SETTINGS, PRIORITY, unknown frames, empty DATA, WINDOW_UPDATE beyond need. Filled up
   * by HEADERS and DATA that are sent (gRFC A8). CVE-2019-9512, 9513, 9515, 9518.
   */
  readonly #control: Budget;
  /** 1,000, and 100 a second: the client's resets of calls before their replies ended. CVE-2023-44487, 2019-9514. */
  readonly #resets: Budget;
  /** 20 a minute: requests that are malformed or too large, or above the announced number of streams. */
  readonly #faults: Budget;
  /** 1,000, and 100 a second: DATA of under 128 bytes because a window allowed no more. CVE-2019-9511. */
  readonly #dribbles: Budget;
  #windowUpdates = 0;
  #streams = 0;
  #dataSent = 0;
  readonly #onLow: (name: string) => void;

  /** `onLow` is called when three quarters of a budget are used: time for a graceful end. */
  constructor(now: number, onLow: (name: string) => void) {
    this.#control = new Budget("control frames", 100, 100 / 60, now);
    this.#resets = new Budget("resets", 1_000, 100, now);
    this.#faults = new Budget("faulty requests", 20, 20 / 60, now);
    this.#dribbles = new Budget("window dribbles", 1_000, 100, now);
    this.#onLow = onLow;
  }

  control(now: number): void {
    this.#take(this.#control, now, this.#control.name);
  }

  /** The text is gRPC's, whose clients then ping less often (gRFC A8). */
  ping(now: number): void {
    this.#take(this.#control, now, "too_many_pings");
  }

  /** Counts against control frames beyond 5 + 2 × (streams + 10 × DATA sent), as Envoy. */
  windowUpdate(now: number): void {
    if (++this.#windowUpdates > 5 + 2 * (this.#streams + 10 * this.#dataSent)) this.control(now);
  }

  reset(now: number): void {
    this.#take(this.#resets, now, this.#resets.name);
  }

  fault(now: number): void {
    this.#take(this.#faults, now, this.#faults.name);
  }

  dribble(now: number): void {
    this.#take(this.#dribbles, now, this.#dribbles.name);
  }

  /** HEADERS that begin a stream came, or went out. */
  opened(): void {
    this.#streams++;
  }

  sentHeaders(): void {
    this.#control.fill();
  }

  sentData(): void {
    this.#dataSent++;
    this.#control.fill();
  }

  #take(budget: Budget, now: number, text: string): void {
    if (budget.take(now) < 0) throw new ConnectionError(ErrorCode.enhanceYourCalm, text);
    if (budget.low) this.#onLow(budget.name);
  }
}
