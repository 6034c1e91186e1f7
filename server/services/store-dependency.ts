import type { Dependency } from "../../host/health/health-registry.ts";
import type { UserStore } from "../store/user-store.ts";

/** The store as health sees it: unready while it takes no writes. What it says to operators stays in the log. */
export function storeDependency(store: Pick<UserStore, "health" | "onHealth">): Dependency {
  return {
    name: "store",
    get state() {
      return store.health().state === "ready" ? "ready" : "unready";
    },
    get reason() {
      return `the store is ${store.health().state.replace("_", " ")}`;
    },
    subscribe: listener => store.onHealth(() => listener()),
  };
}
