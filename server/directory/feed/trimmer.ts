import type { RetentionLimits, UserStore } from "../../store/user-store.ts";

/** What a trimmer needs. */
export interface TrimmerOptions {
  readonly store: Pick<UserStore, "trim">;
  readonly limits: RetentionLimits;
  /** Milliseconds between two rounds. Defaults to a minute. */
  readonly intervalMs?: number;
  /** Told of a round that failed; the next one tries again. */
  readonly onError: (error: unknown) => void;
}

/** Has a store forget what is past its limits, round after round, until it is disposed of, which waits for the last. */
export function createTrimmer({ store, limits, intervalMs = 60_000, onError }: TrimmerOptions): AsyncDisposable {
  let round: Promise<void> | undefined;

  async function trim(): Promise<void> {
    try {
      await store.trim(limits);
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
