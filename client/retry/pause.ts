/** Pauses that grow from failure to failure. Times are in milliseconds. */
export interface Backoff {
  /** The longest first pause. */
  readonly initialMs: number;
  /** The longest pause at all. */
  readonly maxMs: number;
  /** What the longest pause grows by. */
  readonly multiplier: number;
}

/**
 * The pause after so many failures in a row, 1 or more: any time up to the longest (full jitter), so that clients that lost
 * the same server do not come back at the same time. gRPC's A6 varies by a fifth only; that leaves them in waves.
 */
export function pauseMs({ initialMs, maxMs, multiplier }: Backoff, failures: number): number {
  return Math.random() * Math.min(initialMs * multiplier ** (failures - 1), maxMs);
}

/** Above it a timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What ends a pause early, beside its signal. */
export interface PauseOptions {
  /** Ends it without an error. */
  readonly signal: AbortSignal;
  /** Whether a browser whose network is back ends it, too. Default: false. */
  readonly untilOnline?: boolean;
}

/** Resolves when the time is up, after 24 days at most, or whatever else ends the pause; never rejects. */
export function pause(ms: number, { signal, untilOnline = false }: PauseOptions): Promise<void> {
  return new Promise(resolve => {
    // Node.js has no such event and no such function.
    const browser =
      untilOnline && "addEventListener" in globalThis ? (globalThis as unknown as EventTarget) : undefined;
    const timer = setTimeout(end, Math.min(ms, LONGEST_TIMER_MS));
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      browser?.removeEventListener("online", end);
      resolve();
    }
    signal.addEventListener("abort", end);
    browser?.addEventListener("online", end);
    if (signal.aborted) end();
  });
}
