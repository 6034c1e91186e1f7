import type { SignalSource } from "./context.ts";

/** What may be aborted once. Its signal is made when it is first asked for: most calls never look at theirs. */
export abstract class Abortable implements SignalSource {
  #controller: AbortController | undefined;
  #aborted = false;
  #reason: unknown;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  protected get aborted(): boolean {
    return this.#aborted;
  }

  /** What it was first aborted with. */
  protected get abortReason(): unknown {
    return this.#reason;
  }

  protected abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
