import type { RetentionLimits, UserStore } from "../../store/user-store.ts";

/** What a trimmer needs. */
export interface TrimmerOptions {
  readonly store: Pick<UserStore, "trim">;
  readonly limits: RetentionLimits;
  /** Milliseconds between two rounds. Defaults to a minute. */
  readonly intervalMs?: number;
  /** Told of a round that failed; the next one tries again. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds since 1970, as the events have them. Defaults to the system's clock. */
  readonly clock?: () => number;
  /** Milliseconds since any moment, which nobody sets. Defaults to that of the process. */
  readonly stopwatch?: () => number;
}

/** How far the system's clock may go from the time that has passed between two rounds, in milliseconds. */
const MAX_DRIFT_MS = 5000;

/** For how long the clock has to go right before anything goes by its age, in milliseconds: a wrong one is mended by then. */
const STEADY_MS = 600_000;

/**
 * Has a store forget what is past its limits, round after round, until it is disposed of, which waits for the last. By
 * age nothing goes within ten minutes of the start or of a step of the clock: one that is ahead for a moment would make
 * all that there is look old.
 */
export function createTrimmer(options: TrimmerOptions): AsyncDisposable {
  const { store, limits, intervalMs = 60_000, onError, clock = Date.now } = options;
  const { stopwatch = () => performance.now() } = options;
  let last = { time: clock(), passed: stopwatch() };
  let steadySince = last.passed;
  let round: Promise<void> | undefined;

  /** Whether the clock has gone right for long enough. */
  function isSteady(): boolean {
    const next = { time: clock(), passed: stopwatch() };
    const drift = next.time - last.time - (next.passed - last.passed);
    last = next;
    if (Math.abs(drift) > MAX_DRIFT_MS) steadySince = next.passed;
    return next.passed - steadySince >= STEADY_MS;
  }

  async function trim(): Promise<void> {
    try {
      await store.trim(isSteady() ? limits : { maxEvents: limits.maxEvents });
    } catch (error) {
      onError(error);
    }
    round = undefined;
  }

  const timer = setInterval(() => {
    round ??= trim();
  }, intervalMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await round;
    },
  };
}
