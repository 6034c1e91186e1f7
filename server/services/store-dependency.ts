import { createDependency } from "../../host/health/dependency.ts";
import type { Dependency } from "../../host/health/health-registry.ts";
import type { UserStore } from "../store/user-store.ts";

/** Milliseconds that a store may be out of reach before the server as a whole is unready. */
const PASSING_MS = 10_000;

/**
 * The store as health sees it: unready while it takes no writes. Out of reach, it is passing for 10 seconds: a database
 * that starts anew, or hands over, is back by then. What it says to operators stays in the log.
 */
export function storeDependency(store: Pick<UserStore, "health" | "onHealth">): Dependency {
  const dependency = createDependency("store");
  let timer: NodeJS.Timeout | undefined;

  function tell(passing: boolean) {
    const { state } = store.health();
    if (state === "ready") dependency.ready();
    else dependency.unready(`the store is ${state.replace("_", " ")}`, { passing });
  }
  tell(false);
  store.onHealth(({ state }) => {
    clearTimeout(timer);
    const passing = state === "unreachable";
    if (passing) timer = setTimeout(tell, PASSING_MS, false).unref();
    tell(passing);
  });
  return dependency;
}
