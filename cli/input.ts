import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { CliError, exitCodes } from "./cli-error.ts";

/** The content of a line, or what begins in it; the first line is 1. */
export interface Line<T> {
  readonly line: number;
  readonly value: T;
}

/** An error in one line of an input. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}

/** Returns the error that the command ends with, which names the input. */
export function atLine(input: string, error: LineError): CliError {
  return new CliError(`${input} line ${error.line}: ${error.message}`, { exitCode: exitCodes.badInput, cause: error });
}

/** Characters of a line, at most: far above what a user or a greeting takes. */
const MAX_LINE_LENGTH = 1_048_576;

/**
 * Yields the lines of a stream as they come, without their ends ("\n", "\r\n" or "\r"). Ends early, without an error,
 * where the signal aborts. Throws {@link LineError} where bytes are not UTF-8 or a line has more than 1,048,576
 * characters.
 */
export async function* readLines(input: Readable, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  let line = 1;
  let rest = "";
  for await (const text of readText(input, signal)) {
    // A "\r" at the end may be half an end.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const whole of lines) yield checkLength(whole, line++);
    checkLength(rest, line);
  }
  if (rest !== "") yield* rest.split("\r", 1);
}

function checkLength(text: string, line: number): string {
  if (text.length <= MAX_LINE_LENGTH) return text;
  throw new LineError(line, `longer than ${MAX_LINE_LENGTH.toLocaleString("en")} characters`);
}

/**
 * Yields the text of a stream as it comes, without a byte order mark. Ends early, without an error, where the signal
 * aborts. Throws {@link LineError} where bytes are not UTF-8.
 */
export async function* readText(input: Readable, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  const stop = () => input.destroy();
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  let begun = false;
  try {
    for await (const bytes of requireUtf8(input)) {
      const text = bytes.toString("utf8");
      yield begun ? text : text.replace(/^\ufeff/, "");
      begun ||= text !== "";
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    // A terminal would keep the process alive.
    input.destroy();
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Passes on bytes that are UTF-8, cut between characters. Throws {@link LineError} at the first line that is not: its
 * letters would become replacement characters, which nobody could turn back.
 */
export async function* requireUtf8(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let line = 1;
  let last = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length - unfinished(bytes);
    const whole = bytes.subarray(0, end);
    rest = bytes.subarray(end);
    const good = isUtf8(whole);
    let begin = 0;
    for (let index = 0; index < end; index++) {
      const byte = whole[index] ?? 0;
      // "\r\n" ends one line.
      if (byte === carriageReturn || (byte === lineFeed && last !== carriageReturn)) {
        if (!good && !isUtf8(whole.subarray(begin, index))) throw notUtf8(line);
        begin = index;
        line++;
      }
      last = byte;
    }
    if (!good) throw notUtf8(line);
    yield whole;
  }
  if (rest.length > 0) throw notUtf8(line);
}

function notUtf8(line: number): LineError {
  return new LineError(line, 'holds bytes that are not UTF-8; save the file as UTF-8 (spreadsheets: "CSV UTF-8")');
}

/** Returns how many bytes at the end begin a character that is not whole yet, 0 to 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? back : 0;
  }
  return 0;
}
