import type { MethodCounters, WatchCountersResponse } from "../../gen/concierge/admin/v1/admin_pb.ts";

/** How a method was called between two looks at its counters. */
export interface MethodRate {
  /** `package.Service/Method` */
  readonly method: string;
  /** Calls that began in a second. */
  readonly perSecond: number;
  /** Calls that ended with another code than OK in a second. */
  readonly errorsPerSecond: number;
  /** Seconds, of the calls that ended meanwhile; undefined where none did. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  /** Now. */
  readonly inFlight: number;
}

/** The methods that were ever called, the busiest first. Without an earlier look nothing is known of the rates: they are 0. */
export function methodRates(before: WatchCountersResponse | undefined, now: WatchCountersResponse): MethodRate[] {
  const seconds = before ? secondsOf(now) - secondsOf(before) : Number.POSITIVE_INFINITY;
  const earlier = new Map(before?.methods.map(each => [each.method, each]));
  return now.methods
    .filter(({ started }) => started > 0n)
    .map(each => rateOf(earlier.get(each.method), each, seconds))
    .toSorted((a, b) => b.perSecond - a.perSecond || b.inFlight - a.inFlight || (a.method < b.method ? -1 : 1));
}

/** On the process's own clock, which no clock service sets. */
function secondsOf({ process }: WatchCountersResponse): number {
  const { seconds = 0n, nanos = 0 } = process?.uptime ?? {};
  return Number(seconds) + nanos / 1e9;
}

function rateOf(before: MethodCounters | undefined, now: MethodCounters, seconds: number): MethodRate {
  const earlier = before?.durations?.counts;
  const counts = (now.durations?.counts ?? []).map((count, i) => Number(count - (earlier?.[i] ?? 0n)));
  const bounds = now.durations?.bounds ?? [];
  return {
    method: now.method,
    perSecond: Number(now.started - (before?.started ?? 0n)) / seconds,
    errorsPerSecond: Number(errorsOf(now) - (before ? errorsOf(before) : 0n)) / seconds,
    p50: quantile(0.5, bounds, counts),
    p99: quantile(0.99, bounds, counts),
    inFlight: Number(now.inFlight),
  };
}

function errorsOf({ handled }: MethodCounters): bigint {
  return handled.reduce((sum, { code, count }) => (code === 0 ? sum : sum + count), 0n);
}

/**
 * The duration that a share of all does not exceed, taking those of a bucket as spread evenly, as Prometheus'
 * `histogram_quantile` does. Undefined for none; the last bound where it is above that.
 */
export function quantile(share: number, bounds: readonly number[], counts: readonly number[]): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  let from = 0;
  for (const [bucket, to] of bounds.entries()) {
    const count = counts[bucket] ?? 0;
    if (left <= count && count > 0) return from + ((to - from) * left) / count;
    left -= count;
    from = to;
  }
  return bounds.at(-1);
}
