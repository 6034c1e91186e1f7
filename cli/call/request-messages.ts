import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { type DescMessage, fromJson, type JsonValue, type Message, type Registry } from "@bufbuild/protobuf";
import { CliError, exitCodes, usageError } from "../cli-error.ts";
import { atLine, LineError, readText } from "../input.ts";
import type { PackedTypes } from "./packed-types.ts";
import { splitJson } from "./split-json.ts";

/** The source of the messages of a call, and their type. */
export interface RequestSource {
  /** JSON, `@FILE`, `@-` for standard input, or nothing. */
  readonly data: string | undefined;
  readonly stdin: Readable;
  readonly type: DescMessage;
  readonly types: PackedTypes;
  readonly signal: AbortSignal;
}

/** Resolves to the message of a unary call: the whole of the data, an empty message where there is none. */
export async function readMessage(source: RequestSource): Promise<Message> {
  const text = (await Array.fromAsync(textOf(source))).join("");
  return parse(text.trim() === "" ? "{}" : text, "--data", source);
}

/**
 * Yields the messages of a stream as they come: JSON objects, one in each line or over several. Without data they are
 * read from standard input.
 */
export async function* readMessages(source: RequestSource): AsyncGenerator<Message> {
  const { data = "@-" } = source;
  for await (const { line, value } of splitJson(textOf({ ...source, data }))) {
    yield await parse(value, `message in line ${line}`, source);
  }
}

async function* textOf({ data = "", stdin, signal }: RequestSource): AsyncGenerator<string> {
  if (!data.startsWith("@")) return yield data;
  const name = data === "@-" ? "standard input" : data.slice(1);
  try {
    yield* readText(data === "@-" ? stdin : createReadStream(name), signal);
  } catch (error) {
    // The call would end with a code of its own otherwise.
    throw error instanceof LineError ? atLine(name, error) : new CliError((error as Error).message, { cause: error });
  }
}

async function parse(text: string, what: string, { type, types }: RequestSource): Promise<Message> {
  try {
    const json = JSON.parse(text, exactly);
    for (const url of typeUrlsIn(json)) await types.find(url);
    return fromJson(type, json, { registry: types.registry });
  } catch (error) {
    const message = `${what} is no ${type.typeName}: ${(error as Error).message}`;
    if (error instanceof SyntaxError && what === "--data") throw usageError(message);
    throw new CliError(message, {
      exitCode: exitCodes.badInput,
      hint: hintFor((error as Error).message, types.registry),
      cause: error,
    });
  }
}

/** Keeps whole numbers that a JavaScript number would round: the JSON of a 64-bit field may be a number or its text. */
function exactly(_key: string, value: unknown, { source = "" }: { readonly source?: string } = {}): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value;
}

/** Yields the URLs of the types that JSON has packed: `@type`, at any depth. */
function* typeUrlsIn(json: JsonValue): Generator<string> {
  if (json === null || typeof json !== "object") return;
  for (const [key, value] of Object.entries(json)) {
    if (key === "@type" && typeof value === "string") yield value;
    else yield* typeUrlsIn(value);
  }
}

/** Returns the fields or values that there are, where the message names one that there is not. */
function hintFor(message: string, registry: Registry): string | undefined {
  if (message.endsWith("is not in the type registry"))
    return "nobody describes that type: neither the server nor a file";
  const [, kind, typeName = ""] = /^cannot decode (message|enum) ([\w.]+) from JSON: (?:key "|")/.exec(message) ?? [];
  const names = (list: readonly { readonly name: string }[] = []) => list.map(({ name }) => name).join(", ");
  if (kind === "message") return `its fields: ${names(registry.getMessage(typeName)?.fields)}`;
  return kind === "enum" ? `its values: ${names(registry.getEnum(typeName)?.values)}` : undefined;
}
