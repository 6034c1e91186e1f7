import { Option } from "commander";
import { usageError } from "../cli-error.ts";

/** The format of a file of users: CSV below a line of titles, or one JSON object in each line. */
export type FileFormat = "csv" | "ndjson";

/** Returns the option that names the format. */
export function formatOption(): Option {
  return new Option("--format <name>", "csv or ndjson (default: what the file's name ends in)").choices([
    "csv",
    "ndjson",
  ]);
}

/** Returns the format that is asked for, or that the file's name ends in. Throws a `CliError` where neither is known. */
export function formatOf(file: string, asked: FileFormat | undefined): FileFormat {
  if (asked !== undefined) return asked;
  if (/\.csv$/i.test(file)) return "csv";
  if (/\.(ndjson|jsonl)$/i.test(file)) return "ndjson";
  const what = file === "-" ? "standard input" : `"${file}", which ends in none of .csv, .ndjson, .jsonl,`;
  throw usageError(`${what} needs --format csv or --format ndjson`);
}

/** Returns a number of users as people read it: `1 user`, `10,000 users`. */
export function countText(users: number): string {
  return `${users.toLocaleString("en")} ${users === 1 ? "user" : "users"}`;
}
