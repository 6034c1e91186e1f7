/** A call as the set of those that run knows it. */
export interface RunningCall {
  /** Its place among them; -1 for none. */
  place: number;
  shutDown(): void;
}

/**
 * The calls that run. Places are used again: a `Set` of what comes and goes at this rate leaves behind tables that keep
 * finished calls from being collected.
 */
export class RunningCalls {
  readonly #calls: (RunningCall | undefined)[] = [];
  readonly #free: number[] = [];

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

  shutDown(): void {
    for (const call of [...this.#calls]) call?.shutDown();
  }
}
