/** Runs work now, or in a later turn of the event loop. */
export interface Turns {
  /**
   * Runs the work, which costs so many bytes: at once where this turn has room left and nobody waits, else in its place in a
   * later one. Returns what the work returns, or a promise of it where it has to wait.
   */
  run<T>(bytes: number, work: () => T): T | Promise<Awaited<T>>;
  /** Says that the work that runs costs more bytes than was known before. */
  spend(bytes: number): void;
}

/**
 * What of messages is decoded in one turn of the event loop, in bytes, of all calls together: one to ten milliseconds. All
 * connections are read, and all timers run, before the next turn decodes on.
 */
const bytesPerTurn = 128 * 1024;

/** Creates an order of turns; `later` schedules the next one, after whatever else waits. */
export function createTurns(budget = bytesPerTurn, later: (turn: () => void) => void = setImmediate): Turns {
  const waiting: (() => void)[] = [];
  let left = budget;
  let scheduled = false;

  function spend(bytes: number) {
    left -= bytes;
    if (scheduled) return;
    scheduled = true;
    later(next);
  }
  function next() {
    scheduled = false;
    left = budget;
    while (left > 0) {
      const work = waiting.shift();
      if (work === undefined) return;
      work();
    }
  }

  return {
    spend,
    run<T>(bytes: number, work: () => T): T | Promise<Awaited<T>> {
      if (left > 0 && waiting.length === 0) {
        spend(bytes);
        return work();
      }
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      waiting.push(() => {
        spend(bytes);
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      return promise as Promise<Awaited<T>>;
    },
  };
}

/** The turns in which all messages are decoded whose cost their sender does not bear: compressed ones, large ones, streams. */
export const decodingTurns = createTurns();
