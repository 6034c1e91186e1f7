import { machineText } from "../machine.ts";
import type { ChartResult, Result } from "../result.ts";
import { verdictText } from "./format.ts";
import { introduction } from "./introduction.ts";
import { TABLE_HEADER, type TableRow, tableRows } from "./table.ts";

/** The page on benchmarks, of the results there are, in the order they come. */
export function docsPage(results: readonly Result[]): string {
  return `${[introduction, ...results.map(section)].join("\n\n")}\n`;
}

function section(result: Result): string {
  const { name, compares, charts, verdicts, notes, machine, time, rounds } = result;
  return [
    `## ${name}`,
    `Compares ${compares}.`,
    `![${name}: medians as bars](bench/${name}.svg)`,
    ...(verdicts.length > 0 ? [targets(result)] : []),
    ...charts.map(chartTable),
    ...notes.map(note => `Note: ${note}.`),
    `${rounds} rounds on ${time.slice(0, 10)}: ${machineText(machine)}.`,
  ].join("\n\n");
}

function targets({ verdicts }: Result): string {
  const rows = verdicts.map(verdict => row([verdict.text, verdictText(verdict)]));
  return [row(["target", "result"]), row(["---", "---"]), ...rows].join("\n");
}

function chartTable(chart: ChartResult): string {
  const cells = ({ contender, metric, ...numbers }: TableRow) => [contender, metric, ...Object.values(numbers)];
  const against = chart.baseline === undefined ? "" : `, ratio to ${chart.baseline}`;
  const rows = tableRows(chart).map(each => row(cells(each)));
  return [
    `**${chart.title}**${against}`,
    "",
    row(cells(TABLE_HEADER)),
    row(["---", "---", "--:", "--:", "--:", "--:"]),
    ...rows,
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
