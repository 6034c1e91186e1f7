import type { DescEnum, DescField, DescMessage, Message, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { type JsonText, jsonTexts, timestampText } from "./json-texts.ts";
import { irregular } from "./scalar-writers.ts";

/**
 * Writes a message as Protobuf's JSON. Returns undefined where there is something about the message that is protobuf-es's to
 * write or to refuse: values of other types than their fields', numbers that JSON has no digits for.
 */
export type EncodeJson = (message: Message) => string | undefined;

type Fields = Record<string, unknown>;
/** A field's member behind `text`, which holds those before it. */
type WriteField = (message: Fields, text: string) => string;
type Write = (value: unknown) => string;

/**
 * Prepares the writing of messages of a type: protobuf-es makes an object of each, and `JSON.stringify` reads it again.
 * Undefined for a type with fields of rare kinds, in whatever depth: maps, required fields, the types of `google.protobuf` but
 * for timestamps, and some numbers. The text is the one that protobuf-es writes without options.
 */
export function createEncodeJson(schema: DescMessage): EncodeJson | undefined {
  if (!isPlain(schema, new Set())) return undefined;
  const write = createWrite(schema, new Map());
  return message => {
    try {
      return write(message);
    } catch (error) {
      if (error === irregular) return undefined;
      throw error;
    }
  };
}

function isPlain(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema) || isTimestamp(schema)) return true;
  // Most have a JSON of their own.
  if (schema.typeName.startsWith("google.protobuf.")) return false;
  seen.add(schema);
  return schema.fields.every(field => {
    if (field.fieldKind === "map" || field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return false;
    // An object has its numeric keys first.
    if (/^\d/.test(field.jsonName)) return false;
    if (field.message !== undefined) return isPlain(field.message, seen);
    if (field.enum) return !field.enum.typeName.startsWith("google.protobuf.");
    return jsonTexts[field.scalar as ScalarType] !== undefined;
  });
}

function isTimestamp({ typeName }: DescMessage): boolean {
  return typeName === TimestampSchema.typeName;
}

function createWrite(schema: DescMessage, known: Map<DescMessage, Write>): Write {
  if (isTimestamp(schema)) return writeTimestamp;
  const { typeName } = schema;
  const fields: WriteField[] = [];
  const write: Write = message => {
    if ((message as Partial<Message> | undefined)?.$typeName !== typeName) throw irregular;
    let text = "";
    for (let i = 0; i < fields.length; i++) text = (fields[i] as WriteField)(message as Fields, text);
    return `{${text}}`;
  };
  // Before its fields, as one of them may be of the same type.
  known.set(schema, write);
  for (const field of schema.fields.toSorted((a, b) => a.number - b.number)) fields.push(createField(field, known));
  return write;
}

/** Makes what writes a field where it is set. */
function createField(field: DescField, known: Map<DescMessage, Write>): WriteField {
  const { localName, oneof } = field;
  const { write, isZero } = typeOf(field, known);
  const name = `${JSON.stringify(field.jsonName)}:`;
  const next = `,${name}`;
  if (field.fieldKind === "list") {
    return (message, text) => {
      const items = message[localName];
      if (!Array.isArray(items)) throw irregular;
      if (items.length === 0) return text;
      return `${text}${text === "" ? name : next}[${items.map(item => write(item)).join(",")}]`;
    };
  }
  if (oneof) {
    const { localName: group } = oneof;
    return (message, text) => {
      const chosen = message[group] as { readonly case?: string; readonly value?: unknown };
      return chosen.case === localName ? text + (text === "" ? name : next) + write(chosen.value) : text;
    };
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT || isZero === undefined) {
    return (message, text) => {
      const value = message[localName];
      // A field's default is inherited.
      if (value === undefined || !Object.hasOwn(message, localName)) return text;
      return text + (text === "" ? name : next) + write(value);
    };
  }
  return (message, text) => {
    const value = message[localName];
    return isZero(value) ? text : text + (text === "" ? name : next) + write(value);
  };
}

function typeOf(field: DescField, known: Map<DescMessage, Write>): JsonText {
  const { message } = field;
  if (message) return { write: known.get(message) ?? createWrite(message, known) };
  return field.enum ? createEnum(field.enum) : (jsonTexts[field.scalar as ScalarType] as JsonText);
}

function writeTimestamp(value: unknown): string {
  const { $typeName, seconds, nanos } = (value ?? {}) as Fields;
  if ($typeName !== TimestampSchema.typeName) throw irregular;
  return timestampText(seconds, nanos);
}

function createEnum({ value: values, values: [first] }: DescEnum): JsonText {
  const zero = first?.number;
  const texts = new Map(Object.values(values).map(({ number, jsonName }) => [number, JSON.stringify(jsonName)]));
  return {
    isZero: value => value === zero,
    write(value) {
      if (typeof value !== "number" || (value | 0) !== value) throw irregular;
      // One that is unknown is its number.
      return texts.get(value) ?? String(value);
    },
  };
}
