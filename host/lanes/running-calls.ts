import type { DescMethod } from "@bufbuild/protobuf";
import type { ContextValues } from "@connectrpc/connect";
import type { ProtocolName } from "../../protocol/wire-format.ts";

/** How far a call has come. */
export interface CallProgress {
  /** Messages of the request that its handler has taken. */
  readonly received: number;
  /** Messages of the reply. */
  readonly sent: number;
  /** Who has to do something for the call to go on; undefined where the gate has not decided yet. */
  readonly waitsFor: "client" | "handler" | undefined;
}

/** A call as the set of those that run knows it. */
export interface RunningCall {
  /** Its place among them; -1 for none. */
  place: number;
  readonly method: DescMethod;
  readonly protocolName: ProtocolName;
  /** What interceptors and services know of the call; its request is under `callInfoKey`. */
  readonly values: ContextValues;
  /** Milliseconds since the call's headers came. */
  readonly age: number;
  /** How far it has come; found out when it is asked for. */
  readonly progress: CallProgress;
  shutDown(): void;
  /** Ends the call with an error. */
  fail(reason: unknown): void;
}

/**
 * The calls that run. Places are used again: a `Set` of what comes and goes at this rate leaves behind tables that keep
 * finished calls from being collected.
 */
export class RunningCalls {
  readonly #calls: (RunningCall | undefined)[] = [];
  readonly #free: number[] = [];

  /** Tells all that run when the signal aborts. */
  constructor(shutdownSignal: AbortSignal) {
    if (!shutdownSignal.aborted) shutdownSignal.addEventListener("abort", () => this.#shutDown(), { once: true });
  }

  add(call: RunningCall): void {
    call.place = this.#free.pop() ?? this.#calls.length;
    this.#calls[call.place] = call;
  }

  delete(call: RunningCall): void {
    if (call.place < 0) return;
    this.#calls[call.place] = undefined;
    this.#free.push(call.place);
    call.place = -1;
  }

  /** Those that run now. Looks at as many places as there ever were calls at a time. */
  get all(): RunningCall[] {
    return this.#calls.filter(call => call !== undefined);
  }

  #shutDown(): void {
    for (const call of this.all) call.shutDown();
  }
}
