/** A bucket of tokens that fills again with time. */
export class Budget {
  /** Told to the peer whose bucket is empty. */
  readonly name: string;
  readonly #capacity: number;
  readonly #perMs: number;
  #tokens: number;
  #at: number;

  /** `perSecond` tokens come back, up to `capacity`. */
  constructor(name: string, capacity: number, perSecond: number, now: number) {
    this.name = name;
    this.#capacity = capacity;
    this.#perMs = perSecond / 1000;
    this.#tokens = capacity;
    this.#at = now;
  }

  /** Takes a token. Returns what is left; below zero the budget is broken. */
  take(now: number): number {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    return --this.#tokens;
  }

  /** Whether three quarters and more are used, as of the last `take`. */
  get low(): boolean {
    return this.#tokens < this.#capacity / 4;
  }

  /** Fills it up. */
  fill(): void {
    this.#tokens = this.#capacity;
  }
}
