import { ScalarType } from "@bufbuild/protobuf";
import type { ByteTarget } from "./byte-target.ts";

/** Thrown where a value is not of its field's type: protobuf-es says so better, or knows what is meant. */
export const irregular = Symbol("irregular");

/** Wire types, https://protobuf.dev/programming-guides/encoding/#structure. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2 } as const;

/** How values of a type are written. */
export interface ScalarWriter {
  readonly wireType: number;
  /** Whether a value is the one that is not written where its field has no presence. */
  isZero(value: unknown): boolean;
  /** Writes a value without its tag. Throws `irregular`. */
  write(value: unknown, target: ByteTarget): void;
}

/** Texts up to here are written a character at a time, which is the faster way where they are ASCII; in one octet of length. */
const shortText = 64;

const two32 = 2 ** 32;

/** Writes an unsigned number of 32 bits. */
export function writeVarint(value: number, target: ByteTarget): void {
  target.reserve(5);
  target.at = putVarint(value, target.bytes, target.at);
}

/** Writes it where there is room; returns the offset behind it. */
export function putVarint(value: number, bytes: Uint8Array, offset: number): number {
  while (value > 0x7f) {
    bytes[offset++] = value | 0x80;
    value >>>= 7;
  }
  bytes[offset] = value;
  return offset + 1;
}

/** Writes 64 bits as a varint, the lower and the upper half of them. */
function writeVarint64(low: number, high: number, target: ByteTarget): void {
  target.reserve(10);
  while (high > 0 || low > 0x7f) {
    target.bytes[target.at++] = low | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  target.bytes[target.at++] = low;
}

function writeBigInt(value: bigint, target: ByteTarget): void {
  const bits = BigInt.asUintN(64, value);
  writeVarint64(Number(bits % BigInt(two32)), Number(bits / BigInt(two32)), target);
}

function writeText(value: unknown, target: ByteTarget): void {
  if (typeof value !== "string") throw irregular;
  if (value.length > shortText || !writeAscii(value, target)) {
    const byteLength = Buffer.byteLength(value);
    writeVarint(byteLength, target);
    target.appendText(value, byteLength);
  }
}

/** Returns false, and has written nothing, where it is not ASCII. */
function writeAscii(value: string, target: ByteTarget): boolean {
  const { length } = value;
  target.reserve(1 + length);
  const { bytes, at } = target;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) return false;
    bytes[at + 1 + i] = code;
  }
  bytes[at] = length;
  target.at = at + 1 + length;
  return true;
}

/** The types that are written here. Those left out are rare. */
export const scalarWriters: Readonly<Partial<Record<ScalarType, ScalarWriter>>> = {
  [ScalarType.STRING]: { wireType: wireTypes.bytes, isZero: value => value === "", write: writeText },
  [ScalarType.BYTES]: {
    wireType: wireTypes.bytes,
    isZero: value => value instanceof Uint8Array && value.length === 0,
    write(value, target) {
      if (!(value instanceof Uint8Array)) throw irregular;
      writeVarint(value.length, target);
      target.append(value);
    },
  },
  [ScalarType.BOOL]: {
    wireType: wireTypes.varint,
    isZero: value => value === false,
    write(value, target) {
      if (typeof value !== "boolean") throw irregular;
      writeVarint(value ? 1 : 0, target);
    },
  },
  [ScalarType.INT32]: {
    wireType: wireTypes.varint,
    isZero: value => value === 0,
    write(value, target) {
      if (typeof value !== "number" || (value | 0) !== value) throw irregular;
      // A negative one is extended to 64 bits.
      if (value < 0) writeVarint64(value >>> 0, two32 - 1, target);
      else writeVarint(value, target);
    },
  },
  [ScalarType.UINT32]: {
    wireType: wireTypes.varint,
    isZero: value => value === 0,
    write(value, target) {
      if (typeof value !== "number" || value >>> 0 !== value) throw irregular;
      writeVarint(value, target);
    },
  },
  [ScalarType.INT64]: {
    wireType: wireTypes.varint,
    isZero: value => value === 0n,
    write(value, target) {
      if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw irregular;
      writeBigInt(value, target);
    },
  },
  [ScalarType.UINT64]: {
    wireType: wireTypes.varint,
    isZero: value => value === 0n,
    write(value, target) {
      if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) throw irregular;
      writeBigInt(value, target);
    },
  },
  [ScalarType.DOUBLE]: {
    wireType: wireTypes.fixed64,
    // Minus zero is another number.
    isZero: value => Object.is(value, 0),
    write(value, target) {
      if (typeof value !== "number") throw irregular;
      target.reserve(8);
      target.at = target.bytes.writeDoubleLE(value, target.at);
    },
  },
};
