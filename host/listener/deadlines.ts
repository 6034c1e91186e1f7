import { systemClock } from "../../http2/clock.ts";
import { type TimerOwner, WheelTimer } from "../../http2/timer-wheel.ts";
import type { ListenerLimits } from "./limits.ts";

/** The longest time Node's timers can run; above it they fire at once. */
const maxTimer = 2_147_483_647;

/** A connection's age limit varies by this share, so that those opened together do not come back together: gRFC A9. */
const ageJitter = 0.1;

/** A connection as its deadlines see it. */
export interface Perishable {
  /** Takes no more requests, and finishes those in flight. */
  retire(): void;
  /** Closes now. */
  cut(reason: string): void;
}

/**
 * The deadlines of a connection, for its handshake, its age and its way out. Those that each connection has are on the
 * engine's wheel, where they cost a fifth of a timer of Node's, of which each has a list of its own where its age has.
 */
export class Deadlines implements TimerOwner {
  readonly #connection: Perishable;
  readonly #graceMs: number;
  /** Runs until the handshake is over. */
  #handshake: WheelTimer | undefined = new WheelTimer(this);
  /** Runs until the connection retires, and then until it is cut. */
  readonly #age = new WheelTimer(this);
  #isOfAge = false;
  /** Of its way out, which few are on. */
  #leaving: Set<NodeJS.Timeout> | undefined = undefined;

  constructor(connection: Perishable, limits: ListenerLimits) {
    this.#connection = connection;
    this.#graceMs = limits.connectionAgeGraceMs;
    set(this.#handshake, limits.handshakeTimeoutMs);
    set(this.#age, withJitter(limits.maxConnectionAgeMs));
  }

  /** The handshake is over. */
  shookHands(): void {
    if (this.#handshake !== undefined) systemClock.clear(this.#handshake);
    this.#handshake = undefined;
  }

  expired(timer: WheelTimer): void {
    const connection = this.#connection;
    if (timer === this.#handshake) connection.cut("handshake");
    else if (this.#isOfAge) connection.cut("age");
    else {
      this.#isOfAge = true;
      set(this.#age, this.#graceMs);
      connection.retire();
    }
  }

  /** Has something done on a connection's way out. */
  after(ms: number, act: () => void): void {
    this.#leaving ??= new Set();
    this.#leaving.add(setTimeout(act, Math.min(ms, maxTimer)));
  }

  /** The connection is closed: nothing is due any more. */
  clear(): void {
    this.shookHands();
    systemClock.clear(this.#age);
    for (const timer of this.#leaving ?? []) clearTimeout(timer);
  }
}

function set(timer: WheelTimer | undefined, ms: number): void {
  if (timer !== undefined && ms !== Number.POSITIVE_INFINITY) systemClock.set(timer, ms);
}

/** A time up to a tenth shorter or longer, evenly spread. */
export function withJitter(ms: number): number {
  return ms * (1 + ageJitter * (2 * Math.random() - 1));
}
