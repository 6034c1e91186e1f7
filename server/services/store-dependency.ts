import type { Dependency } from "../../host/health/health-registry.ts";
import type { UserStore } from "../store/user-store.ts";

/** Milliseconds that a store may be out of reach before the server as a whole is unready. */
const PASSING_MS = 10_000;

/**
 * The store as health sees it: unready while it takes no writes. Out of reach, it is passing for 10 seconds: a database
 * that starts anew, or hands over, is back by then. What it says to operators stays in the log.
 */
export function storeDependency(store: Pick<UserStore, "health" | "onHealth">): Dependency {
  const listeners = new Set<() => void>();
  let passing = false;
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    for (const listener of listeners) listener();
  };

  store.onHealth(({ state }) => {
    clearTimeout(timer);
    passing = state === "unreachable";
    if (passing) {
      timer = setTimeout(() => {
        passing = false;
        tell();
      }, PASSING_MS).unref();
    }
    tell();
  });

  return {
    name: "store",
    get state() {
      return store.health().state === "ready" ? "ready" : "unready";
    },
    get passing() {
      return passing;
    },
    get reason() {
      return `the store is ${store.health().state.replace("_", " ")}`;
    },
    subscribe(listener) {
      // Its own function each time, so that a listener may subscribe twice.
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}
