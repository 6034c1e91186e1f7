import { toJsonString } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { stringify } from "csv-stringify/sync";
import { type User, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { FileFormat } from "./file-format.ts";
import { roleName } from "./user-text.ts";

/** Turns users into the text of a file, a chunk for each few users. CSV begins with a line of titles. */
export async function* writeUsers(users: AsyncIterable<User>, format: FileFormat): AsyncGenerator<string> {
  const { head, line } = formats[format];
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

const formats: Record<FileFormat, { readonly head: string; readonly line: (user: User) => string }> = {
  csv: { head: stringify([columns]), line: user => stringify([toRow(user)]) },
  ndjson: { head: "", line: user => `${toJsonString(UserSchema, user)}\n` },
};

function toRow({ id, name, email, role, age, bio, createTime, updateTime, deleteTime }: User): unknown[] {
  return [id, name, email, roleName(role), age, bio, ...[createTime, updateTime, deleteTime].map(toIso)];
}

function toIso(time: Timestamp | undefined): string {
  return time === undefined ? "" : timestampDate(time).toISOString();
}
