import { Code, ConnectError } from "@connectrpc/connect";
import { getAbortSignalReason } from "../../protocol/connect-internals.ts";
import { maxTimerMs } from "../../protocol/timeout.ts";

/** The reason of a signal whose call has succeeded: made once, since each takes as long as a call's other parts together. */
const done = new ConnectError("the call has ended", Code.Canceled);

/**
 * The signal of a unary call, as interceptors see it: aborts with the caller's, at the deadline, with the call's error, and
 * when it has succeeded, as those of Connect's own transports do.
 */
export class CallScope implements EventListenerObject {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  /** `timeoutMs` is undefined for no deadline. */
  constructor(outer: AbortSignal | undefined, timeoutMs: number | undefined) {
    this.#outer = outer;
    if (timeoutMs !== undefined) this.#timer = setTimeout(expire, Math.min(timeoutMs, maxTimerMs), this.#controller);
    if (outer === undefined) return;
    outer.addEventListener("abort", this);
    if (outer.aborted) this.handleEvent();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The outer signal. */
  handleEvent(): void {
    this.#controller.abort(getAbortSignalReason(this.#outer as AbortSignal));
  }

  /** The call has succeeded. */
  succeed(): void {
    this.#leave();
    this.#controller.abort(done);
  }

  /** The call has failed. Returns the error that its caller is told: the signal's reason where that came first. */
  fail(reason: unknown): ConnectError {
    this.#leave();
    const { signal } = this.#controller;
    const error = signal.aborted
      ? ConnectError.from(getAbortSignalReason(signal), Code.Canceled)
      : ConnectError.from(reason);
    this.#controller.abort(error);
    return error;
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this);
  }
}

function expire(controller: AbortController): void {
  controller.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));
}
