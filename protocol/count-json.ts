import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

/** How deep objects and arrays may be within each other: a hundred messages, protobuf's usual bound, each in a list or a map. */
export const maxJsonDepth = 200;

/** Names of one object up to here are cheap; further ones make it a table, and each of them costs as much as several. */
const cheapNames = 1000;
const nameCost = 2;
const dearNameCost = 8;

/** Digits of a number in quotes where it is read as a number: those beyond take time by the square. */
const maxDigits = 4096;

/**
 * Counts what a message in JSON is parsed to: each item of an array as one, each object and each name in it as two, each
 * name beyond a thousand in one object as eight. Stops, and throws INVALID_ARGUMENT, above the bound, where objects and arrays are nested deeper than
 * {@link maxJsonDepth}, and at a number without end; what is no JSON is for the parser to say.
 */
export type CountJson = (bytes: Uint8Array, max: number) => number;

/** What within strings costs something, by the types of a message's fields. */
interface StringCosts {
  /** A `FieldMask` is one string, whose commas separate paths. */
  readonly masks: boolean;
  /** 64-bit integers are strings. */
  readonly integers: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** Prepares the count for messages of a type. */
export function createCountJson(schema: DescMessage): CountJson {
  const costs = { masks: holds(schema, isMask), integers: holds(schema, hasLongIntegers) };
  return (bytes, max) => new Count(bytes, max, costs).run();
}

class Count {
  readonly #bytes: Uint8Array;
  readonly #max: number;
  readonly #costs: StringCosts;
  /** Names of each open object so far; of an array a number that never becomes many. */
  readonly #names = new Int32Array(maxJsonDepth + 1);
  #count = 0;

  constructor(bytes: Uint8Array, max: number, costs: StringCosts) {
    this.#bytes = bytes;
    this.#max = max;
    this.#costs = costs;
  }

  run(): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    let depth = 0;
    for (let at = 0; at < end; at++) {
      switch (bytes[at]) {
        case quote:
          at = this.#string(at + 1);
          break;
        case 0x7b: // {
          this.#open(++depth, 1);
          this.#add(2);
          break;
        case 0x5b: // [
          this.#open(++depth, -0x7fffffff);
          this.#add(1);
          break;
        case 0x7d: // }
        case 0x5d: // ]
          if (depth > 0) depth--;
          break;
        case comma:
          this.#add(this.#nextCost(depth));
          break;
      }
    }
    return this.#count;
  }

  #open(depth: number, names: number): void {
    if (depth > maxJsonDepth) throw invalid(`objects and arrays are nested more than ${maxJsonDepth} deep`);
    this.#names[depth] = names;
  }

  /** What the next item or name costs where as many objects and arrays are open. */
  #nextCost(depth: number): number {
    const names = (this.#names[depth] ?? 0) + 1;
    this.#names[depth] = names;
    if (names < 0) return 1;
    return names > cheapNames ? dearNameCost : nameCost;
  }

  /** Reads a string from behind its first quotation mark; the place of its last. */
  #string(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) break;
      if (byte === backslash) at++;
      else if (byte === comma && this.#costs.masks) this.#add(1);
    }
    if (this.#costs.integers && at - start > maxDigits && isNumber(bytes, start, at)) {
      throw invalid(`a number has more than ${maxDigits} digits`);
    }
    return at;
  }

  #add(count: number): void {
    this.#count += count;
    if (this.#count > this.#max) throw invalid(`message has more than ${this.#max} values in its JSON`);
  }
}

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = bytes[start] === 0x2d ? start + 1 : start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

function isMask({ typeName }: DescMessage): boolean {
  return typeName === "google.protobuf.FieldMask";
}

const longIntegers = new Set<ScalarType | undefined>([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);

/** Times and durations have a text of their own, which no such number is. */
function hasLongIntegers({ typeName, fields }: DescMessage): boolean {
  if (typeName === "google.protobuf.Timestamp" || typeName === "google.protobuf.Duration") return false;
  return fields.some(
    field => longIntegers.has(field.scalar) || (field.fieldKind === "map" && longIntegers.has(field.mapKey)),
  );
}

/** Whether a message of this type, or one within it, is such. */
function holds(schema: DescMessage, is: (message: DescMessage) => boolean, seen = new Set<DescMessage>()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return is(schema) || schema.fields.some(({ message }) => message !== undefined && holds(message, is, seen));
}

function invalid(text: string): ConnectError {
  return new ConnectError(text, Code.InvalidArgument);
}
