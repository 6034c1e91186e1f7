import type { Duplex } from "node:stream";
import type { Clock } from "../../http2/clock.ts";
import { type TimerOwner, WheelTimer } from "../../http2/timer-wheel.ts";
import type { Unsent, UnsentStream } from "../../http2/unsent.ts";

/** Up to here what waits is not counted: it is less than what the connection itself takes. */
const lightBytes = 4096;

/** What a client has not read of its response, among that of all connections; and for how long it has read nothing. */
export class Unread implements UnsentStream, TimerOwner {
  moreStalled: UnsentStream | undefined = undefined;
  lessStalled: UnsentStream | undefined = undefined;
  unsent = 0;
  readonly #socket: Duplex;
  readonly #all: Unsent;
  readonly #stallMs: number;
  readonly #clock: Clock;
  readonly #timer = new WheelTimer(this);
  readonly #cut: () => void;
  #progressAt = 0;

  /** Calls `cut` where a client reads nothing for `stallMs`, or all together have too much to read. */
  constructor(socket: Duplex, all: Unsent, stallMs: number, clock: Clock, cut: () => void) {
    this.#socket = socket;
    this.#all = all;
    this.#stallMs = stallMs;
    this.#clock = clock;
    this.#cut = cut;
  }

  /** Something was written, or read. */
  note(): void {
    const { writableLength } = this.#socket;
    if (this.unsent === 0 && writableLength <= lightBytes) return;
    const change = writableLength - this.unsent;
    if (this.unsent === 0 || change < 0) this.#progressAt = this.#clock.now();
    if (this.unsent === 0) this.#clock.set(this.#timer, this.#stallMs / 4);
    if (change > 0) this.#all.queued(this, change);
    else if (change < 0) this.#all.sent(this, -change);
  }

  /** Nothing more is written. */
  over(): void {
    this.#clock.clear(this.#timer);
    if (this.unsent > 0) this.#all.sent(this, this.unsent);
  }

  fail(): void {
    this.#cut();
  }

  expired(): void {
    this.note();
    if (this.unsent === 0) return;
    if (this.#clock.now() - this.#progressAt >= this.#stallMs) this.#cut();
    else this.#clock.set(this.#timer, this.#stallMs / 4);
  }
}
