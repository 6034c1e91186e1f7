import type { Metric, Point } from "../scenario.ts";

/** Calls a second. */
export const CALLS: Metric = { key: "rate", label: "calls a second", better: "more" };
/** Users a second. */
export const USERS: Metric = { key: "rate", label: "users a second", better: "more" };

/** Bytes in a megabyte, as results tell memory. */
export const MEGABYTE = 1e6;

/** A chart's `rate` of a contender. */
export function rateOf(chart: string, contender: string): Point {
  return { chart, contender, metric: "rate" };
}
