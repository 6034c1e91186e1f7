import type { Dependency } from "./health-registry.ts";

/** A dependency whose state is set from outside. */
export interface SetDependency extends Dependency {
  /** It is there. */
  ready(): void;
  /**
   * It is not, for a `reason` fit for anybody: `/readyz?verbose` shows it. With `passing` the server as a whole goes on serving
   * (see `Dependency.passing`).
   */
  unready(reason: string, options?: { readonly passing?: boolean }): void;
}

/** Creates a dependency of this name. It is unready until it is said to be ready. */
export function createDependency(name: string): SetDependency {
  const listeners = new Set<() => void>();
  let current: Pick<Dependency, "state" | "reason" | "passing"> = {
    state: "unready",
    reason: `${name} is not there yet`,
  };

  function set(next: typeof current) {
    const { state, reason, passing } = current;
    if (next.state === state && next.reason === reason && next.passing === passing) return;
    current = next;
    for (const listener of [...listeners]) listener();
  }
  return {
    name,
    get state() {
      return current.state;
    },
    get passing() {
      return current.passing ?? false;
    },
    get reason() {
      return current.reason;
    },
    subscribe(listener) {
      // Its own function each time, so that a listener may subscribe twice.
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    ready: () => set({ state: "ready" }),
    unready: (reason, { passing = false } = {}) => set({ state: "unready", reason, passing }),
  };
}
