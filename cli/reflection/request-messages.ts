import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { type DescMessage, fromJson, type Message, type Registry } from "@bufbuild/protobuf";
import { CliError, usageError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { readLines } from "../input.ts";

/** Where the messages of a call come from, and what they are. */
export interface RequestSource {
  /** JSON, `@FILE`, `@-` for standard input, or nothing. */
  readonly data: string | undefined;
  readonly stdin: Readable;
  readonly type: DescMessage;
  readonly registry: Registry;
  readonly signal: AbortSignal;
}

/** The one message of a unary call: the whole of the data, an empty message where there is none. */
export async function readMessage({ data, stdin, type, registry, signal }: RequestSource): Promise<Message> {
  let text = data ?? "";
  if (data === "@-") {
    text = "";
    for await (const line of readLines(stdin, signal)) text += `${line}\n`;
  } else if (data?.startsWith("@")) {
    text = await readFile(data.slice(1), "utf8");
  }
  return parse(text.trim() === "" ? "{}" : text, type, registry, "--data");
}

/** The messages of a stream, one in each line, as they come. Without data they are read from standard input. */
export async function* readMessages(source: RequestSource): AsyncGenerator<Message> {
  const { data = "@-", stdin, type, registry, signal } = source;
  let lines: Iterable<string> | AsyncIterable<string> = data.split("\n");
  if (data === "@-") lines = readLines(stdin, signal);
  else if (data.startsWith("@")) lines = (await readFile(data.slice(1), "utf8")).split("\n");
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() !== "") yield parse(line, type, registry, `message in line ${number}`);
  }
}

function parse(text: string, type: DescMessage, registry: Registry, what: string): Message {
  try {
    return fromJson(type, JSON.parse(text, exactly), { registry });
  } catch (error) {
    const message = `${what} is no ${type.typeName}: ${(error as Error).message}`;
    if (error instanceof SyntaxError && what === "--data") throw usageError(message);
    throw new CliError(message, {
      exitCode: exitCodes.badInput,
      hint: hintFor((error as Error).message, registry),
      cause: error,
    });
  }
}

/** Keeps whole numbers that a JavaScript number would round: the JSON of a 64-bit field may be a number or its text. */
function exactly(_key: string, value: unknown, { source = "" }: { readonly source?: string } = {}): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value;
}

/** What there is in place of a field or value that there is not; the message says whose it is. */
function hintFor(message: string, registry: Registry): string | undefined {
  const [, kind, typeName = ""] = /^cannot decode (message|enum) ([\w.]+) from JSON: (?:key "|")/.exec(message) ?? [];
  const names = (list: readonly { readonly name: string }[] = []) => list.map(({ name }) => name).join(", ");
  if (kind === "message") return `its fields: ${names(registry.getMessage(typeName)?.fields)}`;
  return kind === "enum" ? `its values: ${names(registry.getEnum(typeName)?.values)}` : undefined;
}
