import type { Machine } from "./machine.ts";
import type { Metric, Point, Target } from "./scenario.ts";
import { median } from "./statistics.ts";

/** A contender's rounds, by metric. */
export interface ContenderResult {
  readonly name: string;
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** A chart, measured. */
export interface ChartResult {
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly baseline?: string | undefined;
  readonly pictured: boolean;
  readonly contenders: readonly ContenderResult[];
}

/** A target and what came of it. */
export interface Verdict {
  readonly text: string;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  /** The median, or the ratio of two; undefined where one of them was not measured. */
  readonly value: number | undefined;
  readonly met: boolean | undefined;
}

/** A scenario, measured: what is written to its file. */
export interface Result {
  readonly name: string;
  readonly compares: string;
  /** Of its end, RFC 3339. */
  readonly time: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly charts: readonly ChartResult[];
  readonly verdicts: readonly Verdict[];
  readonly notes: readonly string[];
}

/** Judges targets by the medians. */
export function judge(targets: readonly Target[], charts: readonly ChartResult[]): Verdict[] {
  return targets.map(({ text, of, against, atLeast, atMost }) => {
    const subject = medianOf(charts, of);
    const other = against === undefined ? 1 : medianOf(charts, against);
    const value = subject === undefined || other === undefined ? undefined : subject / other;
    const met = value === undefined ? undefined : value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
    return { text, atLeast, atMost, value, met };
  });
}

function medianOf(charts: readonly ChartResult[], { chart, contender, metric }: Point): number | undefined {
  const found = charts.find(({ id }) => id === chart)?.contenders.find(({ name }) => name === contender);
  const values = found?.values[metric];
  return values === undefined || values.length === 0 ? undefined : median(values);
}
