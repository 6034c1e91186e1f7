import { Code, ConnectError } from "@connectrpc/connect";
import { maxTimerMs, parseTimeout } from "../../protocol/timeout.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";

/** The time that a call is given by its client. */
export class Deadline {
  /** What is wrong with the client's words for it; nothing expires then. */
  readonly error: unknown;
  readonly #at: number = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** Starts now, with `maxMs` at most; calls `expired` once, unless cleared before. `value` is the protocol's header. */
  constructor(protocol: ProtocolName, value: string, maxMs: number, expired: (reason: ConnectError) => void) {
    try {
      const ms = parseTimeout(protocol, value, maxMs);
      this.#at = performance.now() + ms;
      this.#arm(ms, expired);
    } catch (error) {
      this.error = error;
    }
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
