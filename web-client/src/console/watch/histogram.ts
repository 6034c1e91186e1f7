/** How many values are at most as large as a bound, for bounds that ascend to infinity. */
export interface Histogram {
  readonly bounds: readonly number[];
  /** Values in each bucket by itself: above the bound before, up to its own. */
  readonly counts: readonly number[];
}

/** Makes a histogram of Prometheus' buckets, whose counts each include those before. Buckets of several series are added up. */
export function toHistogram(buckets: Iterable<{ readonly bound: number; readonly count: number }>): Histogram {
  const cumulative = new Map<number, number>();
  for (const { bound, count } of buckets) cumulative.set(bound, (cumulative.get(bound) ?? 0) + count);
  const bounds = [...cumulative.keys()].sort((a, b) => a - b);
  let before = 0;
  const counts = bounds.map(bound => {
    const upTo = cumulative.get(bound) ?? 0;
    const own = upTo - before;
    before = upTo;
    return own;
  });
  return { bounds, counts };
}

/** What came to a histogram since an earlier reading of it; all of it where the server has begun anew, or nothing was before. */
export function since(later: Histogram, earlier: Histogram | undefined): Histogram {
  const counts = later.counts.map((count, i) => count - (earlier?.counts[i] ?? 0));
  return counts.some(count => count < 0) ? later : { bounds: later.bounds, counts };
}

/** The number of values. */
export function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The value below which a part `q` (0 to 1) of all values lies, taken as spread evenly within a bucket, as Prometheus'
 * histogram_quantile does; of the last bucket, which has no end, its beginning. Undefined where there are none.
 */
export function quantile(histogram: Histogram, q: number): number | undefined {
  const { bounds, counts } = histogram;
  const rank = q * countOf(histogram);
  if (rank <= 0) return undefined;
  let before = 0;
  for (const [i, count] of counts.entries()) {
    const from = bounds[i - 1] ?? 0;
    const to = bounds[i] ?? 0;
    if (before + count >= rank && count > 0) {
      return Number.isFinite(to) ? from + ((rank - before) / count) * (to - from) : from;
    }
    before += count;
  }
  return bounds.findLast(Number.isFinite);
}
