import { Readable } from "node:stream";
import { InvalidFieldError } from "../../server/directory/errors.ts";
import type { UserInput } from "../../server/directory/user.ts";
import { toNewUser } from "../../server/directory/user-rules.ts";
import { type Line, LineError, requireUtf8 } from "../input.ts";
import type { FileFormat } from "./file-format.ts";
import { readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";

/** Reads users from a stream and checks each by the directory's own rules. Throws {@link LineError}. */
export async function* readUsers(input: Readable, format: FileFormat): AsyncGenerator<Line<UserInput>> {
  const csv = () => readCsv(Readable.from(requireUtf8(input), { objectMode: false }));
  const lines = format === "csv" ? csv() : readNdjson(input);
  try {
    yield* checked(lines);
  } finally {
    // A terminal would keep the process alive.
    input.destroy();
  }
}

async function* checked(lines: AsyncIterable<Line<UserInput>>): AsyncGenerator<Line<UserInput>> {
  for await (const { line, value } of lines) {
    try {
      const { name, email, role, age, bio } = toNewUser(value);
      yield { line, value: { name, email, role, age, bio } };
    } catch (error) {
      if (error instanceof InvalidFieldError) throw new LineError(line, error.message, { cause: error });
      throw error;
    }
  }
}
