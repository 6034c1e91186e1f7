/** Is told when a timer is due. */
export interface TimerOwner {
  expired(timer: WheelTimer): void;
}

/** One deadline of an owner. May be set again and again; costs nothing but its fields while it is not set. */
export class WheelTimer {
  readonly owner: TimerOwner;
  /** When it is due, in milliseconds of the wheel's clock; Infinity while it is not set. */
  at = Number.POSITIVE_INFINITY;
  next: WheelTimer | undefined = undefined;
  previous: WheelTimer | undefined = undefined;
  slot = -1;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }
}

/** Milliseconds a slot spans: how late a timer may be. */
export const slotMs = 50;
const slots = 256;

/**
 * All deadlines of the process in one wheel: a timer of Node's per connection costs memory, and setting one again time.
 * The wheel itself has no clock: `advance` moves it on. A timer is never early, and late by a slot at most.
 */
export class TimerWheel {
  readonly #slots: (WheelTimer | undefined)[] = new Array(slots).fill(undefined);
  /** The next slot to look at, counted from time 0. */
  #tick: number;
  #size = 0;

  constructor(now: number) {
    this.#tick = Math.floor(now / slotMs);
  }

  /** How many timers are set. */
  get size(): number {
    return this.#size;
  }

  /** Sets a timer, or moves it, to a time. */
  set(timer: WheelTimer, at: number): void {
    this.clear(timer);
    timer.at = at;
    // The slot after the one it falls in is looked at when the whole of that slot is past.
    const tick = Math.max(Math.ceil(at / slotMs), this.#tick);
    const slot = tick % slots;
    const first = this.#slots[slot];
    timer.slot = slot;
    timer.next = first;
    if (first) first.previous = timer;
    this.#slots[slot] = timer;
    this.#size++;
  }

  clear(timer: WheelTimer): void {
    if (timer.slot < 0) return;
    if (timer.next) timer.next.previous = timer.previous;
    if (timer.previous) timer.previous.next = timer.next;
    else this.#slots[timer.slot] = timer.next;
    timer.next = undefined;
    timer.previous = undefined;
    timer.slot = -1;
    timer.at = Number.POSITIVE_INFINITY;
    this.#size--;
  }

  /** Tells the owners of all timers that are due. */
  advance(now: number): void {
    const last = Math.floor(now / slotMs);
    // After a long sleep each slot is looked at once.
    const from = Math.max(this.#tick, last - slots + 1);
    const due: WheelTimer[] = [];
    for (let tick = from; tick <= last; tick++) {
      for (let timer = this.#slots[tick % slots]; timer; timer = timer.next) if (timer.at <= now) due.push(timer);
    }
    this.#tick = Math.max(this.#tick, last + 1);
    for (const timer of due) {
      // An owner told before may have cleared it, or set it again.
      if (timer.at > now) continue;
      this.clear(timer);
      timer.owner.expired(timer);
    }
  }
}
