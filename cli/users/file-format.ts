import { Option } from "commander";
import { usageError } from "../cli-error.ts";

/** How users stand in a file: a line each, below a line of titles or as JSON. */
export type FileFormat = "csv" | "ndjson";

/** The option that names the format. */
export function formatOption(): Option {
  return new Option("--format <name>", "csv or ndjson (default: what the file's name ends in)").choices([
    "csv",
    "ndjson",
  ]);
}

/** The format that is asked for, or that the file's name tells; undefined where neither does. */
export function formatOf(file: string, asked: FileFormat | undefined): FileFormat | undefined {
  if (asked !== undefined) return asked;
  if (/\.csv$/i.test(file)) return "csv";
  return /\.(ndjson|jsonl)$/i.test(file) ? "ndjson" : undefined;
}

/** As {@link formatOf}; throws where nothing tells. */
export function requireFormat(file: string, asked: FileFormat | undefined): FileFormat {
  const format = formatOf(file, asked);
  if (format !== undefined) return format;
  const what = file === "-" ? "standard input" : `"${file}", which ends in none of .csv, .ndjson, .jsonl,`;
  throw usageError(`${what} needs --format csv or --format ndjson`);
}
