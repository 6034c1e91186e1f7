import type { Readable } from "node:stream";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type User, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { UserInput } from "../../server/directory/user.ts";
import { type Line, LineError, readLines } from "../input.ts";
import { roleName, toRole } from "./user-text.ts";

/**
 * Reads users from lines of JSON, as `concierge.directory.v1.User` has it; empty lines are passed over. Throws
 * {@link LineError}.
 */
export async function* readNdjson(input: Readable): AsyncGenerator<Line<UserInput>> {
  let line = 0;
  for await (const text of readLines(input)) {
    line++;
    if (text.trim() !== "") yield { line, value: parseLine(line, text) };
  }
}

function parseLine(line: number, text: string): UserInput {
  const { name, email, role, age, bio, deleteTime } = parseUser(line, text);
  if (deleteTime) throw new LineError(line, "the user is deleted; leave the line out, or export without --deleted");
  return { name, email, age, bio, role: toRole(line, roleName(role)) };
}

function parseUser(line: number, text: string): User {
  try {
    const json = JSON.parse(text);
    if (json === null || typeof json !== "object" || Array.isArray(json)) throw new TypeError("must be a JSON object");
    // "admin" is how people write it, and how CSV has it.
    if (typeof json.role === "string") json.role = `ROLE_${(toRole(line, json.role) ?? "unspecified").toUpperCase()}`;
    return fromJson(UserSchema, json as JsonValue);
  } catch (error) {
    if (error instanceof LineError) throw error;
    const { name, message } = error as Error;
    const told = message.replace(/^cannot decode (?:message|field) ([\w.]+\.)(\w+) from JSON: /, (_, _package, what) =>
      what === "User" ? "" : `${what}: `,
    );
    throw new LineError(line, name === "SyntaxError" ? `must be one JSON object: ${told}` : told, { cause: error });
  }
}
