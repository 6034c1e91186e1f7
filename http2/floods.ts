import { Budget, type BudgetRule } from "./budget.ts";
import { ConnectionError, ErrorCode } from "./frames.ts";

/**
 * PING, SETTINGS, PRIORITY, unknown frames, empty DATA, WINDOW_UPDATE beyond need. Filled up by HEADERS and DATA that are
 * sent (gRFC A8). CVE-2019-9512, 9513, 9515, 9518.
 */
const controlRule: BudgetRule = { name: "control frames", capacity: 100, perSecond: 100 / 60 };

/** The client's resets of calls before their replies ended. CVE-2023-44487, 2019-9514. */
const resetRule: BudgetRule = { name: "resets", capacity: 1_000, perSecond: 100 };

/** Requests that are malformed or too large, or above the announced number of streams. */
const faultRule: BudgetRule = { name: "faulty requests", capacity: 20, perSecond: 20 / 60 };

/** DATA of under 128 bytes because a window allowed no more. CVE-2019-9511. */
const dribbleRule: BudgetRule = { name: "window dribbles", capacity: 1_000, perSecond: 100 };

/** A connection as its budgets see it. */
interface Flooded {
  /** Ends gracefully, with `text` for the peer. */
  shutDown(text: string): void;
}

/** What a peer may cost us beyond its calls. Each attack of RFC 9113 section 10.5 empties a bucket, which most peers never touch. */
export class Floods {
  readonly #connection: Flooded;
  readonly #control: Budget;
  #resets: Budget | undefined = undefined;
  #faults: Budget | undefined = undefined;
  #dribbles: Budget | undefined = undefined;
  #windowUpdates = 0;
  #streams = 0;
  #dataSent = 0;

  /** `connection` is to leave when three quarters of a budget are used: time for a graceful end. */
  constructor(connection: Flooded, now: number) {
    this.#connection = connection;
    this.#control = new Budget(controlRule, now);
  }

  control(now: number): void {
    this.#take(this.#control, now, controlRule.name);
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
    this.#resets ??= new Budget(resetRule, now);
    this.#take(this.#resets, now, resetRule.name);
  }

  fault(now: number): void {
    this.#faults ??= new Budget(faultRule, now);
    this.#take(this.#faults, now, faultRule.name);
  }

  dribble(now: number): void {
    this.#dribbles ??= new Budget(dribbleRule, now);
    this.#take(this.#dribbles, now, dribbleRule.name);
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
    if (budget.low) this.#connection.shutDown(budget.name);
  }
}
