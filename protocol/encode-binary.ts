import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import type { ByteTarget } from "./byte-target.ts";
import { irregular, putVarint, type ScalarWriter, scalarWriters, wireTypes, writeVarint } from "./scalar-writers.ts";

/**
 * Writes a message in Protobuf's binary form. Returns false, and has written nothing, where there is something about the message
 * that is protobuf-es's to write or to refuse: unknown fields, or values of other types than their fields'.
 */
export type EncodeBinary = (message: Message, target: ByteTarget) => boolean;

type Fields = Record<string, unknown>;
type WriteField = (message: Fields, target: ByteTarget) => void;
type Write = (value: unknown, target: ByteTarget) => void;

/** A field's type as it is written: a scalar's, or that of a message, which has no zero. */
type ValueWriter = Pick<ScalarWriter, "wireType" | "write"> & Partial<ScalarWriter>;

/**
 * Prepares the writing of messages of a type behind whatever a buffer holds: protobuf-es makes a buffer for each message, and
 * copies it into another one. Undefined for a type with fields of rare kinds, in whatever depth: maps, groups, required fields,
 * floats, zigzag and fixed numbers. The bytes are those that protobuf-es writes.
 */
export function createEncodeBinary(schema: DescMessage): EncodeBinary | undefined {
  if (!isPlain(schema, new Set())) return undefined;
  const write = createWrite(schema, new Map());
  return (message, target) => {
    const start = target.length;
    try {
      write(message, target);
      return true;
    } catch (error) {
      target.length = start;
      if (error === irregular) return false;
      throw error;
    }
  };
}

function isPlain(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return true;
  seen.add(schema);
  return schema.fields.every(field => {
    if (field.fieldKind === "map" || field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return false;
    if (field.message !== undefined) return !field.delimitedEncoding && isPlain(field.message, seen);
    return field.enum !== undefined || scalarWriters[field.scalar as ScalarType] !== undefined;
  });
}

function createWrite(schema: DescMessage, known: Map<DescMessage, Write>): Write {
  const { typeName } = schema;
  const fields: WriteField[] = [];
  const write: Write = (message, target) => {
    const { $typeName, $unknown } = (message ?? {}) as Partial<Message>;
    if ($typeName !== typeName || $unknown !== undefined) throw irregular;
    for (let i = 0; i < fields.length; i++) (fields[i] as WriteField)(message as Fields, target);
  };
  // Before its fields, as one of them may be of the same type.
  known.set(schema, write);
  for (const field of schema.fields.toSorted((a, b) => a.number - b.number)) fields.push(createField(field, known));
  return write;
}

/** Makes what writes a field where it is set. */
function createField(field: DescField, known: Map<DescMessage, Write>): WriteField {
  const { localName, oneof } = field;
  const type = typeOf(field, known);
  if (field.fieldKind === "list") return createList(field, type);
  const tag = tagOf(field, type.wireType);
  const { write, isZero } = type;
  if (oneof) {
    const { localName: group } = oneof;
    return (message, target) => {
      const chosen = message[group] as { readonly case?: string; readonly value?: unknown };
      if (chosen.case !== localName) return;
      writeVarint(tag, target);
      write(chosen.value, target);
    };
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT || isZero === undefined) {
    return (message, target) => {
      const value = message[localName];
      // A field's default is inherited.
      if (value === undefined || !Object.hasOwn(message, localName)) return;
      writeVarint(tag, target);
      write(value, target);
    };
  }
  return (message, target) => {
    const value = message[localName];
    if (isZero(value)) return;
    writeVarint(tag, target);
    write(value, target);
  };
}

function createList(field: DescField & { readonly fieldKind: "list" }, { wireType, write }: ValueWriter): WriteField {
  const { localName, packed } = field;
  const tag = tagOf(field, packed ? wireTypes.bytes : wireType);
  const writeItems: Write = (items, target) => {
    for (const item of items as unknown[]) write(item, target);
  };
  return (message, target) => {
    const items = message[localName];
    if (!Array.isArray(items)) throw irregular;
    if (items.length === 0) return;
    if (packed) {
      writeVarint(tag, target);
      writeDelimited(items, target, writeItems);
      return;
    }
    for (const item of items) {
      writeVarint(tag, target);
      write(item, target);
    }
  };
}

function typeOf(field: DescField, known: Map<DescMessage, Write>): ValueWriter {
  if (field.message) {
    const { message } = field;
    const write = known.get(message) ?? createWrite(message, known);
    return { wireType: wireTypes.bytes, write: (value, target) => writeDelimited(value, target, write) };
  }
  if (!field.enum) return scalarWriters[field.scalar as ScalarType] as ScalarWriter;
  const zero = field.enum.values[0]?.number;
  return { ...(scalarWriters[ScalarType.INT32] as ScalarWriter), isZero: value => value === zero };
}

function tagOf({ number }: DescField, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}

/** Writes what has a length in front of it, which is known behind it: mostly it takes the one octet that is left for it. */
function writeDelimited(value: unknown, target: ByteTarget, write: Write): void {
  const start = target.length;
  target.skip(1);
  write(value, target);
  const length = target.length - start - 1;
  const octets = lengthOctets(length);
  target.skip(octets - 1);
  // Where it stands may have changed, as the target has grown.
  const { bytes, at } = target;
  const from = at - length - octets;
  if (octets > 1) bytes.copyWithin(from + octets, from + 1, from + 1 + length);
  putVarint(length, bytes, from);
}

function lengthOctets(length: number): number {
  return length < 0x80 ? 1 : Math.ceil((32 - Math.clz32(length)) / 7);
}
