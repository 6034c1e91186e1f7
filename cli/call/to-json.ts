import {
  create,
  type DescMessage,
  fromBinary,
  type JsonValue,
  type Message,
  toBinary,
  toJson as toPlainJson,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { CliError } from "../cli-error.ts";
import { nameOf, type PackedTypes } from "./packed-types.ts";

/** How messages are written. */
export interface ToJsonOptions {
  readonly types: PackedTypes;
  /** Fields, too, that are empty or zero. Default: false. */
  readonly emitDefaults?: boolean;
}

/**
 * Returns a message as JSON. What is packed into it (`google.protobuf.Any`) is shown by its type where anybody
 * describes that, else by its type's name and its bytes: `{"@type":"…","@value":"base64"}`. Rejects with a `CliError`
 * where JSON has no way to write it, such as a timestamp beyond the year 9999.
 */
export async function toJson(type: DescMessage, message: Message, options: ToJsonOptions): Promise<JsonValue> {
  const { types, emitDefaults = false } = options;
  try {
    await unpackAll(type, message, types);
    return toPlainJson(type, message, { registry: types.shown, alwaysEmitImplicit: emitDefaults });
  } catch (error) {
    throw new CliError(`the ${type.typeName} cannot be written as JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Returns what an error carries beside its message, as {@link toJson} has it, each with its `@type`. */
export function detailsToJson({ details }: ConnectError, types: PackedTypes): Promise<JsonValue[]> {
  const packed = details.map(detail =>
    "desc" in detail
      ? anyPack(detail.desc, create(detail.desc, detail.value))
      : create(AnySchema, { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value }),
  );
  return Promise.all(packed.map(any => toJson(AnySchema, any, { types })));
}

/** Has every Any within a message be one that can be written. */
async function unpackAll(type: DescMessage, message: Message, types: PackedTypes): Promise<void> {
  if (!mayHoldAny(type)) return;
  for (const any of anysIn(reflect(type, message, false))) await unpack(any, types);
}

async function unpack(any: Any, types: PackedTypes): Promise<void> {
  if (any.typeUrl === "" && any.value.length === 0) return;
  const type = await types.find(any.typeUrl);
  if (type === undefined) return hide(any, types);
  try {
    const message = fromBinary(type, any.value);
    await unpackAll(type, message, types);
    toPlainJson(type, message, { registry: types.shown });
    any.value = toBinary(type, message);
  } catch {
    // One bad Any must not have the others of its type shown as bytes.
    any.typeUrl += " (malformed)";
    hide(any, types);
  }
}

function hide(any: Any, types: PackedTypes): void {
  const name = nameOf(any.typeUrl);
  if (name === "") any.typeUrl += "(no type)";
  const type = types.addOpaque(nameOf(any.typeUrl));
  any.value = toBinary(type, { ...create(type), value: any.value } as Message);
}

function* anysIn(message: ReflectMessage): Generator<Any> {
  if (message.desc.typeName === AnySchema.typeName) {
    yield message.message as Any;
    return;
  }
  for (const field of message.fields) {
    if (field.message === undefined || !mayHoldAny(field.message) || !message.isSet(field)) continue;
    if (field.fieldKind === "message") yield* anysIn(message.get(field));
    else if (field.fieldKind === "list") for (const item of message.get(field)) yield* anysIn(item as ReflectMessage);
    else if (field.fieldKind === "map") {
      for (const value of message.get(field).values()) yield* anysIn(value as ReflectMessage);
    }
  }
}

const holders = new WeakMap<DescMessage, boolean>();

/** Returns whether messages of a type can hold an Any at any depth. Others need no look at their fields. */
function mayHoldAny(type: DescMessage): boolean {
  let holds = holders.get(type);
  if (holds === undefined) {
    const reached = new Set([type]);
    for (const { fields } of reached) for (const { message } of fields) if (message) reached.add(message);
    holds = [...reached].some(({ typeName }) => typeName === AnySchema.typeName);
    holders.set(type, holds);
  }
  return holds;
}
