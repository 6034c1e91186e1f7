import { open } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import { ConnectError } from "@connectrpc/connect";
import type { UserInput } from "../../server/directory/user.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import type { ClientContext } from "../command.ts";
import { type Line, LineError } from "../input.ts";
import { createProgress, type Progress } from "../progress.ts";
import { toBatches } from "./batches.ts";
import type { FileFormat } from "./file-format.ts";
import { importBatches } from "./import-batches.ts";
import { readUsers } from "./read-users.ts";

/** What to import, and how. */
export interface ImportFileOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly format: FileFormat;
  /** Users that are stored together, 1 to 10,000. */
  readonly batchSize: number;
  /** Part of the request ids: a new one makes an import that is no repetition of earlier ones. */
  readonly salt: string;
}

/**
 * Reads a file to its end. Resolves to the number of its users; rejects with a `CliError` that names the first bad
 * line.
 */
export async function checkFile(context: ClientContext, file: string, format: FileFormat): Promise<number> {
  const { input, bytes } = await openInput(context, file);
  using progress = await createProgress(context, { label: "checking", unit: "users", total: bytes });
  let users = 0;
  try {
    for await (const _ of readUsers(input, format)) {
      users++;
      if (users % 1000 === 0) progress.update(input.bytesRead, users);
    }
  } catch (error) {
    throw explain(context, error, file, "nothing is stored");
  }
  return users;
}

/**
 * Checks a file, unless it is standard input, then stores its users in batches. Resolves to how many there were; rejects
 * with a `CliError` that names the bad line and says how many users are stored.
 */
export async function importFile(context: ClientContext, options: ImportFileOptions) {
  const { file, format, batchSize, salt } = options;
  const total = file === "-" ? undefined : await checkFile(context, file, format);
  using progress = await createProgress(context, { label: "storing", unit: "users", total });
  const { input } = await openInput(context, file);
  let users = 0;
  let batches = 0;
  try {
    const lines = counted(readUsers(input, format), progress);
    for await (const stored of importBatches(context, toBatches(lines, batchSize, salt))) {
      users += stored;
      batches++;
    }
  } catch (error) {
    const sofar = `the ${users.toLocaleString("en")} users before are stored, and the same command goes on after them`;
    throw explain(context, error, file, users > 0 ? sofar : "nothing is stored");
  }
  return { users, batches };
}

type Input = Readable & { readonly bytesRead: number };

/** Opens a file, to be read until the signal aborts. `bytes` is its size, undefined for standard input. */
async function openInput(
  { stdin, signal }: ClientContext,
  file: string,
): Promise<{ input: Input; bytes: number | undefined }> {
  if (file === "-") return { input: addAbortSignal(signal, stdin as typeof stdin & Input), bytes: undefined };
  const handle = await open(file);
  const { size } = await handle.stat();
  return { input: addAbortSignal(signal, handle.createReadStream({ highWaterMark: 262_144 })), bytes: size };
}

async function* counted(lines: AsyncIterable<Line<UserInput>>, progress: Progress): AsyncGenerator<Line<UserInput>> {
  let users = 0;
  for await (const line of lines) {
    users++;
    if (users % 1000 === 0) progress.update(users, users);
    yield line;
  }
}

/** Returns an error that says where in the file it is, and what is stored. */
function explain({ signal }: ClientContext, reason: unknown, file: string, stored: string): unknown {
  const error = signal.aborted ? signal.reason : reason;
  const name = file === "-" ? "standard input" : file;
  if (error instanceof LineError) {
    const { line, message, cause } = error;
    return new CliError(`${name} line ${line}: ${message}; ${stored}`, {
      exitCode: cause instanceof ConnectError ? undefined : exitCodes.badInput,
      cause,
    });
  }
  if (error instanceof ConnectError) return new CliError(`${error.rawMessage}; ${stored}`, { cause: error });
  const { interrupted, terminated } = exitCodes;
  if (error instanceof CliError && (error.exitCode === interrupted || error.exitCode === terminated)) {
    return new CliError(`interrupted; ${stored}`, { exitCode: error.exitCode });
  }
  return error;
}
