import { StoreUnavailableError } from "../../store/errors.ts";
import type { UserStore } from "../../store/user-store.ts";

/** Milliseconds that a feed waits for a store that is out of reach, before its subscriptions end. */
export const PATIENCE_MS = 60_000;

/** Milliseconds between two attempts; twice as many before each further one. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * Returns the store with reads of the history that wait while it is out of reach: a database that is started anew, or hands
 * over to another server, is back within seconds, and ten thousand subscribers that were thrown off would all come back at that
 * moment. Whoever waits hears nothing meanwhile. What a store throws that is closed, or needs an operator, comes at once.
 */
export function withPatience(store: UserStore, patienceMs: number = PATIENCE_MS): UserStore {
  return {
    ...store,
    readEvents: (after, limit) => patiently(store, () => store.readEvents(after, limit), patienceMs),
    eventBounds: () => patiently(store, () => store.eventBounds(), patienceMs),
    snapshot: options => patiently(store, () => store.snapshot(options), patienceMs),
  };
}

/** Reads as {@link withPatience} does. */
export async function patiently<T>(
  store: Pick<UserStore, "health" | "onHealth">,
  read: () => Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await read();
    } catch (error) {
      const { state } = store.health();
      const hopeless = state === "closed" || state === "failed" || performance.now() >= end;
      if (hopeless || !(error instanceof StoreUnavailableError)) throw error;
      await changeOrPause(store, pause);
    }
  }
}

/** Resolves once the store's health has changed, for better or worse, or the time is over. */
async function changeOrPause(store: Pick<UserStore, "onHealth">, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = store.onHealth(() => resolve());
  await promise;
  clearTimeout(timer);
  stop();
}
