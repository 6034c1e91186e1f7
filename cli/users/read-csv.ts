import type { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import type { UserInput } from "../../server/directory/user.ts";
import { type Line, LineError } from "../input.ts";
import { toRole } from "./user-text.ts";

/** The columns that are read. */
const known = ["name", "email", "role", "age", "bio"];

/** Columns of an export that are passed over: only the server sets them. */
const given = ["id", "create_time", "update_time", "delete_time", "etag"];

/** Bytes of one record, at most: far above what the longest name, email and bio take. */
const MAX_RECORD_BYTES = 65_536;

type Row = Readonly<Record<string, string>>;

/**
 * Reads users from CSV (RFC 4180; a byte order mark and any kind of line end are fine) whose first line names the
 * columns, in any order: name and email, and where wanted role, age and bio. Throws {@link LineError}.
 */
export async function* readCsv(input: Readable): AsyncGenerator<Line<UserInput>> {
  // csv-parse 7.0.3 counts the line end "\r\n" inside quotes as two lines; no issue upstream tells of it.
  let countedTwice = 0;
  let linesRead = 0;
  const parser = parse({
    bom: true,
    columns: titles => {
      linesRead = 1;
      return checkColumns(titles);
    },
    // By default the first line decides for all.
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
    on_record(record: Row, { lines }): Line<Row> {
      const text = Object.values(record).join("");
      countedTwice += count(text, /\r\n/g);
      linesRead = lines - countedTwice;
      // A record is reported by the line that it begins in.
      return { line: linesRead - count(text, /\r\n|\r|\n/g), value: record };
    },
  });
  input.on("error", error => parser.destroy(error)).pipe(parser);
  try {
    for await (const { line, value } of parser as AsyncIterable<Line<Row>>) yield { line, value: toInput(line, value) };
    if (linesRead === 0) throw new LineError(1, "a line of titles is missing, such as name,email");
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser finds an open quote only at the end of the file.
    const line = unending.has(error.code) ? linesRead + 1 : Number(error.lines ?? 1) - countedTwice;
    throw new LineError(line, describe(error));
  } finally {
    input.destroy();
  }
}

function checkColumns(titles: string[]): string[] {
  const names = titles.map(title => title.trim().toLowerCase());
  const unknown = names.find(name => !known.includes(name) && !given.includes(name));
  const separator = /[;\t|]/.exec(unknown ?? "")?.[0];
  if (separator !== undefined && names.length === 1)
    throw new LineError(1, `columns must be separated by commas, not by ${JSON.stringify(separator)}`);
  if (unknown !== undefined)
    throw new LineError(1, `column "${unknown}" is not one of ${[...known, ...given].join(", ")}`);
  for (const name of ["name", "email"])
    if (!names.includes(name)) throw new LineError(1, `column "${name}" is missing`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new LineError(1, `column "${twice}" is there twice`);
  return names;
}

function toInput(line: number, row: Row): UserInput {
  const { name = "", email = "", role = "", age = "", bio = "" } = row;
  if (row.delete_time)
    throw new LineError(line, "the user is deleted; leave the line out, or export without --deleted");
  if (age !== "" && !/^\d{1,3}$/.test(age))
    throw new LineError(line, `age "${age}" is not a whole number from 0 to 150`);
  return {
    name,
    email,
    role: toRole(line, role),
    age: age === "" ? undefined : Number(age),
    bio: bio === "" ? undefined : bio,
  };
}

/** The errors of a record that does not end. */
const unending: ReadonlySet<string> = new Set(["CSV_QUOTE_NOT_CLOSED", "CSV_MAX_RECORD_SIZE"]);

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function describe({ code, message }: CsvError): string {
  switch (code) {
    case "CSV_RECORD_INCONSISTENT_COLUMNS":
    case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH":
      return `${/got (\d+)/.exec(message)?.[1] ?? "another number of"} fields, not ${/length is (\d+)/.exec(message)?.[1] ?? "as many"} as the first line has`;
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote is opened and never closed";
    case "INVALID_OPENING_QUOTE":
      return "a quote inside a field: put the whole field in quotes, and each quote in it twice";
    case "CSV_INVALID_CLOSING_QUOTE":
      return "something follows a closing quote: a quote inside quotes is written twice";
    case "CSV_MAX_RECORD_SIZE":
      return `longer than ${MAX_RECORD_BYTES} bytes; is a quote not closed?`;
    default:
      return message.replace(/ at line \d+/, "");
  }
}
