/** How much a bucket holds: the same object for the buckets of all connections. */
export interface BudgetRule {
  /** Told to the peer whose bucket is empty. */
  readonly name: string;
  readonly capacity: number;
  /** Tokens that come back, up to the capacity. */
  readonly perSecond: number;
}

/** A bucket of tokens that fills again with time. It begins full, so it need not be there before the first is taken. */
export class Budget {
  readonly #rule: BudgetRule;
  #tokens: number;
  #at: number;

  constructor(rule: BudgetRule, now: number) {
    this.#rule = rule;
    this.#tokens = rule.capacity;
    this.#at = now;
  }

  get name(): string {
    return this.#rule.name;
  }

  /** Takes a token. Returns what is left; below zero the budget is broken. */
  take(now: number): number {
    const { capacity, perSecond } = this.#rule;
    this.#tokens = Math.min(capacity, this.#tokens + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
    return --this.#tokens;
  }

  /** Whether three quarters and more are used, as of the last `take`. */
  get low(): boolean {
    return this.#tokens < this.#rule.capacity / 4;
  }

  /** Fills it up. */
  fill(): void {
    this.#tokens = this.#rule.capacity;
  }
}
