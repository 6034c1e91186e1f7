import type { JsonObject } from "@bufbuild/protobuf";
import { parse } from "csv-parse/browser/esm/sync";

/** What a file holds: users in Protobuf JSON, or what is wrong with it. */
export type CsvReading =
  | { readonly ok: true; readonly users: readonly JsonObject[] }
  | { readonly ok: false; readonly problem: string };

/** Columns that a user is made of; the first two must be there. */
const columns = ["name", "email", "role", "age", "bio"];

/**
 * Reads comma-separated users (RFC 4180) with a line of column names: name and email, and where they are there role, age
 * and bio, in any order and letter case. What is wrong with a value is the server's to say.
 */
export function readCsvUsers(text: string): CsvReading {
  let records: Record<string, string>[];
  try {
    records = parse(text, { columns: readColumns, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  if (records.length === 0) return { ok: false, problem: "The file has no users" };
  return { ok: true, users: records.map(toUser) };
}

function readColumns(names: readonly string[]): string[] {
  const known = names.map(name => name.trim().toLowerCase());
  for (const name of ["name", "email"]) {
    if (!known.includes(name)) throw new Error(`The first line must name a column "${name}"`);
  }
  const strange = known.find(name => !columns.includes(name));
  if (strange !== undefined) throw new Error(`"${strange}" is no column of a user: ${columns.join(", ")}`);
  return known;
}

function toUser({ name = "", email = "", role = "", age = "", bio = "" }: Record<string, string>): JsonObject {
  return {
    name,
    email,
    ...(role !== "" && { role: `ROLE_${role.toUpperCase().replace(/^ROLE_/, "")}` }),
    ...(age !== "" && { age: /^-?\d+$/.test(age) ? Number(age) : age }),
    ...(bio !== "" && { bio }),
  };
}
