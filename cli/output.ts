import { once } from "node:events";
import { styleText } from "node:util";
import type { JsonValue } from "@bufbuild/protobuf";
import type { Context } from "./context.ts";
import { fitCells, GAP } from "./fit-cells.ts";
import { printable, printableLines } from "./printable.ts";

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly text: (row: T) => string;
  /** Characters shown at most, fewer where the terminal is narrow; what is cut ends in an ellipsis. Default: no limit. */
  readonly width?: number;
}

/** The output of a command: text for people on a terminal, JSON for programs. */
export interface Output {
  /** Whether the reader is a person rather than a program. */
  readonly forPeople: boolean;
  /** Writes text as it is, and waits where the reader is slow. Throws where nobody reads any more. */
  write(text: string): Promise<void>;
  /** Writes one JSON value in a line, control characters escaped; on a terminal over several. */
  json(value: JsonValue): Promise<void>;
  /** Writes rows below a line of titles. */
  table<T>(columns: readonly Column<T>[], rows: readonly T[]): Promise<void>;
  /** Writes one thing's fields below each other, and leaves out the empty ones. */
  fields(fields: readonly (readonly [title: string, text: string])[]): Promise<void>;
  /** Tells a person something on standard error; a program is told nothing. */
  note(text: string): void;
}

/** Creates the output of a command. `json` asks for JSON on a terminal, too. */
export function createOutput(
  { stdout, stderr, signal }: Context,
  { json = false }: { readonly json?: boolean },
): Output {
  const forPeople = stdout.isTTY === true && !json;

  async function write(text: string) {
    signal.throwIfAborted();
    if (!stdout.write(text)) await once(stdout, "drain", { signal });
  }
  return {
    forPeople,
    write,
    // JSON reads an escape as the character itself.
    json: value => write(`${printableLines(JSON.stringify(value, undefined, forPeople ? 2 : undefined))}\n`),
    async table(columns, rows) {
      const cells = [
        columns.map(({ title }) => title),
        ...rows.map(row => columns.map(({ text }) => printable(text(row)))),
      ];
      const limits = columns.map(({ width }) => width);
      const [titles = [], ...fitting] = fitCells(cells, limits, stdout.columns || 80);
      await write(await align([titles.map(title => styleText("bold", title, { stream: stdout })), ...fitting]));
    },
    async fields(fields) {
      const shown = fields.filter(([, text]) => text !== "");
      const rows = shown.map(([title, text]) => [styleText("bold", title, { stream: stdout }), printable(text)]);
      if (rows.length > 0) await write(await align(rows));
    },
    note(text) {
      if (stderr.isTTY && !json) stderr.write(`${styleText("dim", text, { stream: stderr })}\n`);
    },
  };
}

async function align(rows: string[][]): Promise<string> {
  const { getBorderCharacters, table } = await import("table");
  const text = table(rows, {
    border: getBorderCharacters("void"),
    drawHorizontalLine: () => false,
    columnDefault: { paddingLeft: 0, paddingRight: GAP },
  });
  return text.replace(/ +$/gm, "");
}
