import { toJsonString } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { stringify } from "csv-stringify/sync";
import { type User, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { printable } from "../printable.ts";
import type { FileFormat } from "./file-format.ts";
import { roleName } from "./user-text.ts";

/** How users are written. */
export interface WriteOptions {
  readonly format: FileFormat;
  /** Puts a `'` before text of a CSV file that a spreadsheet would take for a formula. Default: false. */
  readonly escapeFormulas?: boolean;
}

/** Turns users into the text of a file, a chunk for each few users. CSV begins with a line of titles. */
export async function* writeUsers(users: AsyncIterable<User>, options: WriteOptions): AsyncGenerator<string> {
  const { head, line } = writerOf(options);
  let chunk = head;
  for await (const user of users) {
    chunk += line(user);
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

const columns = ["id", "name", "email", "role", "age", "bio", "create_time", "update_time", "delete_time"] as const;

function writerOf({ format, escapeFormulas = false }: WriteOptions) {
  // JSON reads an escape as the character itself, and a terminal shows it.
  if (format === "ndjson") return { head: "", line: (user: User) => `${printable(toJsonString(UserSchema, user))}\n` };
  const csv = (row: readonly unknown[]) => stringify([row], { escape_formulas: escapeFormulas });
  return { head: csv(columns), line: (user: User) => csv(toRow(user)) };
}

function toRow({ id, name, email, role, age, bio, createTime, updateTime, deleteTime }: User): unknown[] {
  return [id, name, email, roleName(role), age, bio, ...[createTime, updateTime, deleteTime].map(toIso)];
}

function toIso(time: Timestamp | undefined): string {
  return time === undefined ? "" : timestampDate(time).toISOString();
}
