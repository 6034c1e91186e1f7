/** Something services cannot answer without, such as the store. */
export interface Dependency {
  /** Names it in `/readyz?verbose`. */
  readonly name: string;
  readonly state: "ready" | "unready";
  /**
   * Where it is unready: whether that will pass, so that the server as a whole goes on serving, though the services that
   * need it do not. With all replicas unready at once, a balancer would have nobody left. Defaults to false.
   */
  readonly passing?: boolean;
  /** Why it is unready, in words fit for anybody: `/readyz?verbose` shows them. */
  readonly reason?: string | undefined;
  /** Calls `listener` after each change of the state, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** One line of `/readyz?verbose`: without a `failure` it is passed. */
export interface HealthCheck {
  readonly name: string;
  readonly failure?: string | undefined;
}

/** Whether the services serve, and who wants to know when that changes. "" is the server as a whole. */
export interface HealthRegistry {
  /**
   * Makes a service known, and serving unless set otherwise. While a dependency it needs is unready, the service is not
   * serving, whatever was set, nor is the server unless that is passing.
   */
  add(service: string, needs?: readonly Dependency[]): void;
  /** Sets whether a service serves; an unknown one is known from then on. Ignored after `shutdown`. */
  set(service: string, serving: boolean): void;
  /** Sets it for the server and each known service. Ignored after `shutdown`. */
  setAll(serving: boolean): void;
  /** Nothing serves from now on, for good. The first step of a drain. */
  shutdown(): void;
  /** Whether a service serves now; undefined where it is unknown. */
  serving(service: string): boolean | undefined;
  /** The known services by name, "" first. */
  services(): string[];
  /** What it takes for the server as a whole to serve. */
  checks(): HealthCheck[];
  /** Calls `listener` after each change of any state, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

interface Entry {
  serving: boolean;
  readonly needs: readonly Dependency[];
}

/** Creates a registry in which the server as a whole is known, and serving. */
export function createHealthRegistry(): HealthRegistry {
  const entries = new Map<string, Entry>([["", { serving: true, needs: [] }]]);
  const dependencies = new Map<Dependency, () => void>();
  const listeners = new Set<() => void>();
  let down = false;

  function changed() {
    for (const listener of listeners) listener();
  }
  function isReady({ state }: Dependency) {
    return state === "ready";
  }
  function holdsUp({ state, passing = false }: Dependency) {
    return state === "ready" || passing;
  }
  function isSet() {
    return entries.get("")?.serving ?? true;
  }
  function serverFailure() {
    if (down) return "draining";
    return isSet() ? undefined : "set to not serving";
  }

  return {
    add(service, needs = []) {
      entries.set(service, { serving: entries.get(service)?.serving ?? true, needs });
      for (const dependency of needs) {
        if (!down && !dependencies.has(dependency)) dependencies.set(dependency, dependency.subscribe(changed));
      }
      changed();
    },
    set(service, serving) {
      if (down) return;
      entries.set(service, { needs: entries.get(service)?.needs ?? [], serving });
      changed();
    },
    setAll(serving) {
      if (down) return;
      for (const entry of entries.values()) entry.serving = serving;
      changed();
    },
    shutdown() {
      if (down) return;
      down = true;
      for (const unsubscribe of dependencies.values()) unsubscribe();
      changed();
    },
    serving(service) {
      if (service === "") return !down && isSet() && [...dependencies.keys()].every(holdsUp);
      const entry = entries.get(service);
      return entry && !down && entry.serving && entry.needs.every(isReady);
    },
    services: () => [...entries.keys()],
    checks() {
      const server = { name: "server", failure: serverFailure() };
      const needed = [...dependencies.keys()].map(dependency => ({
        name: dependency.name,
        failure: holdsUp(dependency) ? undefined : (dependency.reason ?? "unready"),
      }));
      return [server, ...needed];
    },
    subscribe(listener) {
      // Its own function each time, so that a listener may subscribe twice.
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}
