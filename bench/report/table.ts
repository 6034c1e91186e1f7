import { machineText } from "../machine.ts";
import type { ChartResult, Result } from "../result.ts";
import { median, summarize } from "../statistics.ts";
import { formatNumber, formatRatio, verdictText } from "./format.ts";

/** The rows of a chart, one for each contender and metric, without a header. */
export interface TableRow {
  readonly contender: string;
  readonly metric: string;
  readonly median: string;
  readonly min: string;
  readonly max: string;
  /** To the chart's baseline; empty where it has none. */
  readonly ratio: string;
}

/** The columns of a table, as they are named and aligned. */
export const TABLE_HEADER: TableRow = {
  contender: "",
  metric: "",
  median: "median",
  min: "min",
  max: "max",
  ratio: "ratio",
};

/** Makes the rows of a chart. */
export function tableRows({ contenders, metrics, baseline }: ChartResult): TableRow[] {
  const base = contenders.find(({ name }) => name === baseline);
  return contenders.flatMap(({ name, values }) =>
    metrics.map(({ key, label }, index) => {
      const summary = summarize(values[key] ?? []);
      const of = base && median(base.values[key] ?? []);
      return {
        contender: index === 0 ? name : "",
        metric: label,
        median: formatNumber(summary.median),
        min: formatNumber(summary.min),
        max: formatNumber(summary.max),
        ratio: of === undefined ? "" : formatRatio(summary.median / of),
      };
    }),
  );
}

/** A scenario's results for a terminal. */
export function textReport(result: Result): string {
  const lines = [`${result.name}: ${result.compares}`, machineText(result.machine)];
  lines.push(
    `${result.rounds} rounds, medians${result.quick ? "; QUICK: a smoke check, the numbers mean nothing" : ""}`,
  );
  for (const chart of result.charts) lines.push("", ...chartLines(chart));
  if (result.verdicts.length > 0) lines.push("", "targets");
  for (const verdict of result.verdicts) lines.push(`  ${verdict.text}: ${verdictText(verdict)}`);
  if (result.notes.length > 0) lines.push("", ...result.notes.map(note => `note: ${note}`));
  return `${lines.join("\n")}\n`;
}

function chartLines(chart: ChartResult): string[] {
  const rows = [TABLE_HEADER, ...tableRows(chart)];
  const keys = Object.keys(TABLE_HEADER) as (keyof TableRow)[];
  const widths = new Map(keys.map(key => [key, Math.max(...rows.map(row => row[key].length))]));
  const cell = (row: TableRow, key: keyof TableRow) => {
    const width = widths.get(key) ?? 0;
    return key === "contender" || key === "metric" ? row[key].padEnd(width) : row[key].padStart(width);
  };
  const title = `${chart.title}${chart.baseline ? ` (ratio to ${chart.baseline})` : ""}`;
  return [title, ...rows.map(row => `  ${keys.map(key => cell(row, key)).join("  ")}`.trimEnd())];
}
