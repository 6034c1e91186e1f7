import { Code, ConnectError } from "@connectrpc/connect";
import { maxTimerMs } from "../../protocol/timeout.ts";

/** The time a call is given. */
export class Deadline {
  readonly #at: number;
  #timer: NodeJS.Timeout | undefined;

  /** Starts now; calls `expired` once, unless cleared before. */
  constructor(ms: number, expired: (reason: ConnectError) => void) {
    this.#at = performance.now() + ms;
    this.#arm(ms, expired);
  }

  /** Milliseconds left; negative when it has passed. */
  remainingMs(): number {
    return this.#at - performance.now();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #arm(ms: number, expired: (reason: ConnectError) => void): void {
    this.#timer = setTimeout(
      () => {
        const left = this.remainingMs();
        // A timer may fire a fraction of a millisecond early, which is as good as expired.
        if (left >= 1) this.#arm(left, expired);
        else expired(new ConnectError("the operation timed out", Code.DeadlineExceeded));
      },
      Math.min(ms, maxTimerMs),
    );
  }
}
