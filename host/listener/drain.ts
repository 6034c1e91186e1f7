import { setTimeout } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { OnePort } from "./one-port.ts";

/** How a server leaves, step by step, so that nobody's call is lost. */
export interface Drain {
  /** Aborts at the beginning: readiness is over from here on, while calls are still served. */
  readonly closing: AbortSignal;
  /** Aborts with UNAVAILABLE when streams are to end. */
  readonly shutdown: AbortSignal;
  /** Goes all the way, once; later calls answer the same promise. Resolves when no connection is open. */
  run(): Promise<void>;
  /** Cuts what is still waited for. */
  force(): void;
}

/** What a drain is made of. Times are in milliseconds. */
export interface DrainOptions {
  readonly port: Pick<OnePort, "announceDrain" | "drain" | "destroy">;
  /** From the beginning until streams end and connections close: in it, balancers notice that the server is unready. */
  readonly delayMs: number;
  /** From then on until calls in flight are cut. */
  readonly graceMs: number;
}

/** Creates a drain that is yet to be run. */
export function createDrain({ port, delayMs, graceMs }: DrainOptions): Drain {
  const closing = new AbortController();
  const shutdown = new AbortController();
  const forced = new AbortController();
  let drained: Promise<void> | undefined;

  async function drain() {
    closing.abort();
    port.announceDrain();
    // Whoever forces the end cuts the wait short.
    await setTimeout(delayMs, undefined, { signal: forced.signal }).catch(() => undefined);
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    await port.drain(forced.signal.aborted ? 0 : graceMs);
  }
  return {
    closing: closing.signal,
    shutdown: shutdown.signal,
    run() {
      drained ??= drain();
      return drained;
    },
    force() {
      forced.abort();
      port.destroy();
    },
  };
}
