import { slotMs, TimerWheel, type WheelTimer } from "./timer-wheel.ts";

/** Time as the engine sees it, and its deadlines. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Sets a timer to so many milliseconds from now. */
  set(timer: WheelTimer, ms: number): void;
  clear(timer: WheelTimer): void;
}

/** Time passes as a test says. */
export class HandClock implements Clock {
  #now = 0;
  readonly #wheel = new TimerWheel(0);

  now(): number {
    return this.#now;
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#wheel.size;
  }

  set(timer: WheelTimer, ms: number): void {
    this.#wheel.set(timer, this.#now + ms);
  }

  clear(timer: WheelTimer): void {
    this.#wheel.clear(timer);
  }

  /** Lets time pass, and tells of what is due on the way. */
  advance(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now = Math.min(end, this.#now + slotMs);
      this.#wheel.advance(this.#now);
    }
  }
}

/** The process's clock: one interval moves the wheel while any timer is set, and keeps no process alive. */
class SystemClock implements Clock {
  readonly #wheel = new TimerWheel(performance.now());
  #interval: NodeJS.Timeout | undefined;

  now(): number {
    return performance.now();
  }

  set(timer: WheelTimer, ms: number): void {
    this.#wheel.set(timer, performance.now() + ms);
    this.#interval ??= setInterval(() => this.#tick(), slotMs).unref();
  }

  clear(timer: WheelTimer): void {
    this.#wheel.clear(timer);
  }

  #tick(): void {
    this.#wheel.advance(performance.now());
    if (this.#wheel.size > 0) return;
    clearInterval(this.#interval);
    this.#interval = undefined;
  }
}

export const systemClock: Clock = new SystemClock();
