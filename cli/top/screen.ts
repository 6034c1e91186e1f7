import type { RunningCall, WatchCountersResponse } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { fitCells, GAP, widthOf } from "../fit-cells.ts";
import type { Column } from "../output.ts";
import { printable } from "../printable.ts";
import type { MethodRate } from "./rates.ts";
import { callColumns, processLine, rateColumns } from "./top-text.ts";

/** What is on the screen. */
export interface TopState {
  readonly sample: WatchCountersResponse;
  readonly rates: readonly MethodRate[];
  readonly calls: readonly RunningCall[];
  /** Why there are no calls; "" where that is known. */
  readonly noCalls: string;
  /** The id of the call that is selected. */
  readonly selected: string | undefined;
  /** What became of the last key. */
  readonly note: string;
}

/** Columns and rows of the terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Rows beside those of the tables: the process, two titles, two empty ones, and the keys. */
const otherRows = 6;

const inverse = "\x1b[7m";
const bold = "\x1b[1m";
const plain = "\x1b[0m";

/** The lines of the screen, at most as many as it has: the methods have half of it, the calls what is left. */
export function drawTop(state: TopState, { columns, rows }: ScreenSize): string[] {
  const { sample, rates, calls, noCalls, selected, note } = state;
  const room = Math.max(2, rows - otherRows);
  const shownRates = rates.slice(0, Math.max(Math.floor(room / 2), room - Math.max(calls.length, 1)));
  const first = firstShown(calls, selected, room - shownRates.length);
  const shownCalls = calls.slice(first, first + room - shownRates.length);
  const [rateTitles = "", ...rateLines] = tableLines(rateColumns, shownRates, columns);
  const [callTitles = "", ...callLines] = tableLines(callColumns, shownCalls, columns - 2);
  return [
    cutLine(processLine(sample), columns),
    "",
    bold + rateTitles + plain,
    ...rateLines,
    "",
    `${bold}  ${callTitles}${plain}`,
    ...callLines.map((line, i) => (shownCalls[i]?.id === selected ? `${inverse}> ${line}${plain}` : `  ${line}`)),
    ...(calls.length === 0 ? [cutLine(`  ${noCalls || "no other call runs"}`, columns)] : []),
    cutLine(note || "q quits, the arrows select a call, c cancels it", columns),
  ].slice(0, rows);
}

/** The first call that is shown, so that the selected one is. */
function firstShown(calls: readonly RunningCall[], selected: string | undefined, room: number): number {
  const place = calls.findIndex(({ id }) => id === selected);
  return Math.max(0, place - Math.max(room, 1) + 1);
}

function cutLine(line: string, columns: number): string {
  return fitCells([[printable(line)]], [undefined], columns)[0]?.[0] ?? "";
}

function tableLines<T>(columns: readonly Column<T>[], rows: readonly T[], room: number): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map(row => columns.map(({ text }) => printable(text(row)))),
  ];
  const limits = columns.map(({ width }) => width);
  const fitting = fitCells(cells, limits, room);
  const widths = limits.map((_, column) => Math.max(...fitting.map(row => widthOf(row[column] ?? ""))));
  return fitting.map(row =>
    row
      .map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - widthOf(cell) + GAP))
      .join("")
      .trimEnd(),
  );
}
