import type { Metric, Point } from "../scenario.ts";

/** Calls a second. */
export const CALLS: Metric = { key: "rate", label: "calls a second", better: "more" };
/** Users a second. */
export const USERS: Metric = { key: "rate", label: "users a second", better: "more" };

/** How long calls at a fixed rate take, and the rate that was reached. */
export const LATENCIES: readonly Metric[] = [
  { key: "p50", label: "p50 ms", better: "less" },
  { key: "p99", label: "p99 ms", better: "less" },
  { key: "p999", label: "p99.9 ms", better: "less" },
  CALLS,
];

/** Memory after so many calls, and after ten times as many, both in words. */
export function memoryAfter(early: string, late: string): readonly Metric[] {
  return [
    { key: "early", label: `MB after ${early} calls`, better: "less" },
    { key: "late", label: `MB after ${late} calls`, better: "less" },
    { key: "growth", label: "times as much", better: "less" },
  ];
}

/** Bytes in a megabyte, as results tell memory. */
export const MEGABYTE = 1e6;

/** A chart's `rate` of a contender. */
export function rateOf(chart: string, contender: string): Point {
  return { chart, contender, metric: "rate" };
}
