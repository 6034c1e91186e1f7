/** Runs a task in its turn, and returns what it answers. */
export type ConcurrencyLimit = <T>(task: () => Promise<T>) => Promise<T>;

/** Lets at most `max` tasks run at a time, in the order in which they came. */
export function limitConcurrency(max: number): ConcurrencyLimit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async task => {
    if (running === max) await new Promise<void>(resolve => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // The turn goes to the next one, where there is one.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
