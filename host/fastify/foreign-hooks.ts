import type { FastifyInstance } from "fastify";

/** Hooks of requests that no call passes: a call's body is the lane's to read, and its reply the lane's to write. */
const passedBy = ["preParsing", "preValidation", "preHandler", "preSerialization", "onSend", "onError", "onRoute"];

/** Hooks of requests that calls pass where they go through Fastify's routes. */
const passed = ["onRequest", "onResponse", "onRequestAbort"];

/** A hook of others that would be skipped in silence. */
export class HookError extends Error {
  override readonly name = "HookError";
}

/** The hooks of requests that others add to the root instance; those in a plugin's own scope reach its own routes alone. */
export class ForeignHooks {
  readonly #names = new Set<string>();
  #own = false;

  /** Watches `addHook` of `app` from here on. */
  constructor(app: FastifyInstance) {
    const { addHook } = app;
    const note = (name: string) => {
      if (!this.#own) this.#names.add(name);
    };
    // A plugin's scope inherits this function, and is another `this`.
    app.addHook = function (this: FastifyInstance, name: string, hook: unknown) {
      if (this === app) note(name);
      return Reflect.apply(addHook, this, [name, hook]);
    } as FastifyInstance["addHook"];
  }

  /** Runs what adds hooks of the host itself. */
  except<T>(addOwn: () => T): T {
    this.#own = true;
    try {
      return addOwn();
    } finally {
      this.#own = false;
    }
  }

  /** Whether calls have to go through Fastify's routes. */
  get wantCalls(): boolean {
    return passed.some(name => this.#names.has(name));
  }

  /** Throws `HookError` where there is a hook that calls would not pass on any way. */
  check(): void {
    const skipped = passedBy.filter(name => this.#names.has(name));
    if (skipped.length === 0) return;
    throw new HookError(
      `${skipped.join(", ")} on the root instance: no call would pass it; for calls use an onRequest hook, ` +
        "an interceptor or requestGate; for routes of your own add it inside fastify.register, " +
        "and with skipsHooks: true it is skipped for calls",
    );
  }
}
