import { type DescEnum, type DescField, ScalarType } from "@bufbuild/protobuf";
import { type BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** What a value of a field is: a scalar, or an enum. */
export type ValueType = ScalarType | DescEnum;

/** Characters of a text that are shown. */
const maxText = 80;
const maxBytes = 24;

/** The type of a field's single values; undefined for messages and maps, which have parts. */
export function valueTypeOf(field: DescField): ValueType | undefined {
  if (field.fieldKind === "list" && field.listKind !== "message") return field.scalar ?? field.enum;
  return field.fieldKind === "scalar" || field.fieldKind === "enum" ? (field.scalar ?? field.enum) : undefined;
}

/** How a type's name is written in a contract. */
export function typeName(type: ValueType): string {
  return typeof type === "object" ? type.name : ScalarType[type].toLowerCase();
}

/** How a single value of a type is laid out. */
export function wireTypeOf(type: ValueType): WireType {
  switch (type) {
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    default:
      return WireType.Varint;
  }
}

/** Reads a value that is no text and no bytes, and says it. Throws where the bytes are none. */
export function readNumber(reader: BinaryReader, type: ValueType): string {
  if (typeof type === "object") {
    const number = reader.int32();
    return `${type.value[number]?.name ?? "unknown"} (${number})`;
  }
  switch (type) {
    case ScalarType.DOUBLE:
      return String(reader.double());
    case ScalarType.FLOAT:
      return String(reader.float());
    case ScalarType.INT64:
      return String(reader.int64());
    case ScalarType.UINT64:
      return String(reader.uint64());
    case ScalarType.INT32:
      return String(reader.int32());
    case ScalarType.FIXED64:
      return String(reader.fixed64());
    case ScalarType.FIXED32:
      return String(reader.fixed32());
    case ScalarType.BOOL:
      return String(reader.bool());
    case ScalarType.UINT32:
      return String(reader.uint32());
    case ScalarType.SFIXED32:
      return String(reader.sfixed32());
    case ScalarType.SFIXED64:
      return String(reader.sfixed64());
    case ScalarType.SINT32:
      return String(reader.sint32());
    case ScalarType.SINT64:
      return String(reader.sint64());
    default:
      throw new Error(`${typeName(type)} has a length`);
  }
}

/** What bytes say: a text in quotes where they are one and may be, else themselves in hex; shortened. */
export function bytesText(bytes: Uint8Array, mayBeText: boolean): string {
  if (mayBeText) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      return JSON.stringify(text.length > maxText ? `${text.slice(0, maxText).toWellFormed()}…` : text);
    } catch {
      // Shown as what it is: bytes.
    }
  }
  const hex = Array.from(bytes.subarray(0, maxBytes), byte => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > maxBytes ? `${hex} …` : hex;
}
