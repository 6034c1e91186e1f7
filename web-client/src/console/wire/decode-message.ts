import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { bytesText, readNumber, typeName, type ValueType, valueTypeOf, wireTypeOf } from "./field-value.ts";
import { joinPath, type Region, type RegionKind } from "./region.ts";

/** Of a larger message the beginning is decoded: nobody reads on, and a page stays quick. */
const maxRegions = 20_000;

/** Messages within messages, as Protobuf's own limit is. */
const maxDepth = 100;

const wireTypeNames: Readonly<Record<number, string>> = {
  [WireType.Varint]: "varint",
  [WireType.Bit64]: "64 bits",
  [WireType.LengthDelimited]: "length-delimited",
  [WireType.StartGroup]: "group",
  [WireType.EndGroup]: "end of group",
  [WireType.Bit32]: "32 bits",
};

/** Messages that are one value in JSON, or whose JSON has other parts than their fields. */
const oneInJson =
  /^google\.protobuf\.(Timestamp|Duration|FieldMask|Any|Struct|Value|ListValue|(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value)$/;

/**
 * Decodes a serialized message into regions that cover it whole. `at` is where it begins in the bytes that they count from.
 * Never throws: what follows a fault is one region that says what is wrong.
 */
export function decodeMessage(desc: DescMessage, bytes: Uint8Array, at = 0): Region[] {
  const decoder = new Decoder(bytes, at);
  decoder.message(desc, bytes.length, "", 0);
  return decoder.regions;
}

/** A message ends within a value. */
class Overrun extends Error {}

class Decoder {
  readonly regions: Region[] = [];
  readonly #reader: BinaryReader;
  readonly #bytes: Uint8Array;
  readonly #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes);
    this.#at = at;
  }

  /** Decodes up to `end`. `path` is where the message stands; undefined where its JSON has no such parts. */
  message(desc: DescMessage | undefined, end: number, path: string | undefined, depth: number): void {
    const counts = new Map<number, number>();
    while (this.#reader.pos < end) {
      const start = this.#reader.pos;
      const known = this.regions.length;
      if (known >= maxRegions) {
        this.#add("rest", start, end, "not decoded", `${end - start} bytes: too many fields to show`, path);
        this.#reader.pos = end;
        return;
      }
      try {
        this.#field(desc, end, path, depth, counts);
      } catch (error) {
        // What was found of the field so far says more than the whole of it; the rest is told as one.
        const last = this.regions.at(-1);
        const from = last && this.regions.length > known ? last.end - this.#at : start;
        const why = error instanceof Overrun ? "cut off" : error instanceof Error ? error.message : String(error);
        if (from < end) this.#add("rest", from, end, "malformed", why, path);
        this.#reader.pos = end;
        return;
      }
    }
  }

  #field(
    desc: DescMessage | undefined,
    end: number,
    path: string | undefined,
    depth: number,
    counts: Map<number, number>,
  ): void {
    const start = this.#reader.pos;
    const [number, wireType] = this.#reader.tag();
    this.#within(end);
    const field = desc?.fields.find(each => each.number === number);
    const count = counts.get(number) ?? 0;
    counts.set(number, count + 1);
    let at = field && path !== undefined ? joinPath(path, field.jsonName) : path;
    if (field?.fieldKind === "list" && wireType !== packedType(field) && at !== undefined) at = joinPath(at, count);
    if (desc && oneInJson.test(desc.typeName)) at = path;
    const name = field ? `${field.name} = ${number}` : `field ${number}`;
    const tag = this.#add("tag", start, this.#reader.pos, name, wireTypeNames[wireType] ?? `wire type ${wireType}`, at);
    if (field?.fieldKind === "map" && wireType === WireType.LengthDelimited && at !== undefined) {
      at = joinPath(at, this.#mapKey(field, end));
      this.regions[tag] = { ...(this.regions[tag] as Region), path: at };
    }
    if (field) this.#known(field, wireType, end, at, depth, counts);
    else this.#unknown(wireType, end, path);
  }

  #known(
    field: DescField,
    wireType: WireType,
    end: number,
    path: string | undefined,
    depth: number,
    counts: Map<number, number>,
  ): void {
    const type = valueTypeOf(field);
    if (type !== undefined && wireType === wireTypeOf(type)) {
      this.#value(field.name, type, end, path);
      return;
    }
    if (wireType !== WireType.LengthDelimited) {
      this.#unknown(wireType, end, path);
      return;
    }
    const stop = this.#length(end, path);
    if (type !== undefined && field.fieldKind === "list") this.#packed(field, type, stop, path, counts);
    else if (field.fieldKind === "map") this.#entry(field, stop, path, depth);
    else if (field.message && depth < maxDepth) this.message(field.message, stop, path, depth + 1);
    else this.#bytesUpTo(stop, "unknown", field.name, false, path);
  }

  #value(name: string, type: ValueType, end: number, path: string | undefined): void {
    if (wireTypeOf(type) === WireType.LengthDelimited) {
      const stop = this.#length(end, path);
      this.#bytesUpTo(stop, "value", `${name}: ${typeName(type)}`, type === ScalarType.STRING, path);
      return;
    }
    const start = this.#reader.pos;
    const value = readNumber(this.#reader, type);
    this.#within(end);
    this.#add("value", start, this.#reader.pos, `${name}: ${typeName(type)}`, value, path);
  }

  /** https://protobuf.dev/programming-guides/encoding/#packed: a list's numbers, one after the other. */
  #packed(field: DescField, type: ValueType, end: number, path: string | undefined, counts: Map<number, number>): void {
    let index = (counts.get(field.number) ?? 1) - 1;
    while (this.#reader.pos < end) {
      if (this.regions.length >= maxRegions) throw new Error("too many elements to show");
      const start = this.#reader.pos;
      const value = readNumber(this.#reader, type);
      this.#within(end);
      const at = path === undefined ? undefined : joinPath(path, index);
      this.#add("value", start, this.#reader.pos, `${field.name}[${index}]: ${typeName(type)}`, value, at);
      index++;
    }
    counts.set(field.number, index);
  }

  /** An entry of a map is a message: key 1, value 2. */
  #entry(field: DescField & { fieldKind: "map" }, end: number, path: string | undefined, depth: number): void {
    while (this.#reader.pos < end) {
      const start = this.#reader.pos;
      const [number, wireType] = this.#reader.tag();
      this.#within(end);
      const type = number === 1 ? field.mapKey : (field.scalar ?? field.enum);
      const part = number === 1 ? "key" : number === 2 ? "value" : `field ${number}`;
      const name = wireTypeNames[wireType] ?? `wire type ${wireType}`;
      this.#add("tag", start, this.#reader.pos, `${part} = ${number}`, name, path);
      if (number <= 2 && type !== undefined && wireType === wireTypeOf(type)) this.#value(part, type, end, path);
      else if (number === 2 && field.message && wireType === WireType.LengthDelimited && depth < maxDepth) {
        this.message(field.message, this.#length(end, path), path, depth + 1);
      } else this.#unknown(wireType, end, path);
    }
  }

  /** The key of the entry that comes next, as JSON has it; nothing is consumed. */
  #mapKey(field: DescField & { fieldKind: "map" }, end: number): string {
    const { pos } = this.#reader;
    try {
      const stop = this.#reader.uint32() + this.#reader.pos;
      while (this.#reader.pos < Math.min(stop, end)) {
        const [number, wireType] = this.#reader.tag();
        if (number === 1 && wireType === wireTypeOf(field.mapKey)) {
          return field.mapKey === ScalarType.STRING ? this.#reader.string() : readNumber(this.#reader, field.mapKey);
        }
        this.#reader.skip(wireType, number);
      }
    } catch {
      // The walk that follows finds the fault, and tells it.
    } finally {
      this.#reader.pos = pos;
    }
    return field.mapKey === ScalarType.STRING ? "" : field.mapKey === ScalarType.BOOL ? "false" : "0";
  }

  #unknown(wireType: WireType, end: number, path: string | undefined): void {
    const start = this.#reader.pos;
    switch (wireType) {
      case WireType.Varint: {
        const value = String(this.#reader.uint64());
        this.#within(end);
        this.#add("unknown", start, this.#reader.pos, "unknown", value, path);
        break;
      }
      case WireType.Bit32:
      case WireType.Bit64: {
        const stop = start + (wireType === WireType.Bit32 ? 4 : 8);
        if (stop > end) throw new Overrun();
        this.#bytesUpTo(stop, "unknown", "unknown", false, path);
        break;
      }
      case WireType.LengthDelimited:
        this.#bytesUpTo(this.#length(end, path), "unknown", "unknown", true, path);
        break;
      default:
      // A group's fields follow as if they were the message's, up to its end tag.
    }
  }

  /** Reads how long a value is, and returns where it ends. */
  #length(end: number, path: string | undefined): number {
    const start = this.#reader.pos;
    const length = this.#reader.uint32();
    this.#within(end);
    this.#add("length", start, this.#reader.pos, "length", `${length} bytes`, path);
    if (length > end - this.#reader.pos) throw new Overrun();
    return this.#reader.pos + length;
  }

  #bytesUpTo(stop: number, kind: RegionKind, label: string, mayBeText: boolean, path: string | undefined): void {
    const start = this.#reader.pos;
    if (stop > start)
      this.#add(kind, start, stop, label, bytesText(this.#bytes.subarray(start, stop), mayBeText), path);
    this.#reader.pos = stop;
  }

  #within(end: number): void {
    if (this.#reader.pos > end) throw new Overrun();
  }

  #add(kind: RegionKind, start: number, end: number, label: string, value: string, path: string | undefined): number {
    const { length } = this.regions;
    this.regions.push({ kind, start: start + this.#at, end: end + this.#at, label, value, path });
    return length;
  }
}

/** The wire type that says that a list's numbers are packed; undefined for lists that never are. */
function packedType(field: DescField): WireType | undefined {
  const type = valueTypeOf(field);
  return type === undefined || wireTypeOf(type) === WireType.LengthDelimited ? undefined : WireType.LengthDelimited;
}
