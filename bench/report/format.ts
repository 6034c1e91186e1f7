import type { Verdict } from "../result.ts";

/** A number as people read it: three significant digits, thousands with a comma. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/** A ratio with two digits after the point. */
export function formatRatio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** What came of a target: "met: 1.31 (at least 1.2)". */
export function verdictText({ value, met, atLeast, atMost }: Verdict): string {
  if (value === undefined) return "not measured";
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${formatNumber(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${formatNumber(atMost)}`]),
  ];
  return `${met ? "met" : "missed"}: ${formatNumber(value)} (${bounds.join(", ")})`;
}
