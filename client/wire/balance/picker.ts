/** Who a call can go to. */
export interface Candidate<Route> {
  /** Calls in flight. */
  readonly calls: number;
  /** A way on which a call can be sent at once; undefined where there is none now. */
  take(): Route | undefined;
}

/** Picks one of those who take calls, and the way to it; undefined where there is none. */
export type Pick = <Route>(candidates: readonly Candidate<Route>[]) => Route | undefined;

/**
 * One after the other. The first is any of them, so that clients that start together do not call the same one. `random` is
 * as `Math.random`.
 */
export function roundRobin(random = Math.random): Pick {
  let next = Math.floor(random() * 2 ** 20);
  return candidates => {
    const count = candidates.length;
    for (let tried = 0; tried < count; tried++) {
      const route = candidates[next++ % count]?.take();
      if (route !== undefined) return route;
    }
    return undefined;
  };
}

/**
 * The one with fewer calls in flight of two that are drawn at random (power of two choices, Mitzenmacher 2001): nearly as
 * even as asking all, and clients that know nothing of each other do not all run to the same one. Where neither takes calls,
 * it is one after the other.
 */
export function leastLoaded(random = Math.random): Pick {
  const anyOf = roundRobin(random);
  return candidates => {
    const count = candidates.length;
    const first = Math.floor(random() * count);
    // Another than the first: one of those behind it, around the end.
    const second = (first + 1 + Math.floor(random() * (count - 1))) % count;
    const [one, other] = [candidates[first], candidates[second]];
    if (one === undefined || other === undefined) return undefined;
    const [less, more] = other.calls < one.calls ? [other, one] : [one, other];
    return less.take() ?? more.take() ?? anyOf(candidates);
  };
}
