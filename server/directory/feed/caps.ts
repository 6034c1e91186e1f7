import { TooManySubscriptionsError } from "./errors.ts";

/** How many subscriptions may be open at once. */
export interface CapLimits {
  /** Of all callers together. */
  readonly maxSubscribers: number;
  readonly maxSubscribersPerCaller: number;
}

/** Counts open subscriptions, together and by caller. */
export class SubscriptionCaps {
  readonly #limits: CapLimits;
  readonly #byCaller = new Map<string, number>();
  #total = 0;

  constructor(limits: CapLimits) {
    this.#limits = limits;
  }

  /** How many are open. */
  get total(): number {
    return this.#total;
  }

  /** Counts one more; returns how to give it back. Throws {@link TooManySubscriptionsError}. */
  take(caller: string): () => void {
    const { maxSubscribers, maxSubscribersPerCaller } = this.#limits;
    const count = this.#byCaller.get(caller) ?? 0;
    if (this.#total >= maxSubscribers) {
      throw new TooManySubscriptionsError(`the server has ${this.#total} subscriptions, at most ${maxSubscribers}`);
    }
    if (count >= maxSubscribersPerCaller) {
      throw new TooManySubscriptionsError(`the caller has ${count} subscriptions, at most ${maxSubscribersPerCaller}`);
    }
    this.#total += 1;
    this.#byCaller.set(caller, count + 1);
    let taken = true;
    return () => {
      if (taken) this.#give(caller);
      taken = false;
    };
  }

  #give(caller: string): void {
    this.#total -= 1;
    const count = (this.#byCaller.get(caller) ?? 1) - 1;
    if (count === 0) this.#byCaller.delete(caller);
    else this.#byCaller.set(caller, count);
  }
}
