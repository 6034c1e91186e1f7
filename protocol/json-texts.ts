import { ScalarType } from "@bufbuild/protobuf";
import { irregular } from "./scalar-writers.ts";

/** How values of a type are written as JSON. */
export interface JsonText {
  /** Whether a value is the one that is not written where its field has no presence; a message has no such value. */
  readonly isZero?: (value: unknown) => boolean;
  /** Throws `irregular`. */
  readonly write: (value: unknown) => string;
}

const daySeconds = 86_400;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, which is all that the JSON of a timestamp can say. */
const minSeconds = -62_135_596_800n;
const maxSeconds = 253_402_300_799n;

/** The days that were written last, each in the place of its number's last bits: times of messages are of a few days. */
const dayCount = 64;
const days = new Array<number>(dayCount).fill(Number.NaN);
const dayTexts = new Array<string>(dayCount).fill("");

/** Numbers below 60 in two digits. */
const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));

/** `2026-11-29T`, of a day since 1970. */
function dayText(day: number): string {
  const place = day & (dayCount - 1);
  if (days[place] !== day) {
    days[place] = day;
    dayTexts[place] = new Date(day * daySeconds * 1000).toISOString().slice(0, 11);
  }
  return dayTexts[place] as string;
}

/** 0, 3, 6 or 9 digits, https://protobuf.dev/programming-guides/json/. */
function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  if (nanos % 1_000_000 === 0) return `.${digits.slice(0, 3)}`;
  return `.${nanos % 1000 === 0 ? digits.slice(0, 6) : digits}`;
}

/** Writes a `google.protobuf.Timestamp` (RFC 3339). */
export function timestampText(seconds: unknown, nanos: unknown): string {
  if (typeof seconds !== "bigint" || seconds < minSeconds || seconds > maxSeconds) throw irregular;
  if (typeof nanos !== "number" || (nanos | 0) !== nanos || nanos < 0 || nanos > 999_999_999) throw irregular;
  const all = Number(seconds);
  const day = Math.floor(all / daySeconds);
  const rest = all - day * daySeconds;
  const hours = twoDigits[Math.floor(rest / 3600)];
  const minutes = twoDigits[Math.floor(rest / 60) % 60];
  return `"${dayText(day)}${hours}:${minutes}:${twoDigits[rest % 60]}${fractionText(nanos)}Z"`;
}

/** The types that are written here. Those left out are rare. */
export const jsonTexts: Readonly<Partial<Record<ScalarType, JsonText>>> = {
  [ScalarType.STRING]: {
    isZero: value => value === "",
    write(value) {
      if (typeof value !== "string" || !value.isWellFormed()) throw irregular;
      return JSON.stringify(value);
    },
  },
  [ScalarType.BYTES]: {
    isZero: value => value instanceof Uint8Array && value.length === 0,
    write(value) {
      if (!(value instanceof Uint8Array)) throw irregular;
      return `"${Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64")}"`;
    },
  },
  [ScalarType.BOOL]: {
    isZero: value => value === false,
    write(value) {
      if (typeof value !== "boolean") throw irregular;
      return value ? "true" : "false";
    },
  },
  [ScalarType.INT32]: {
    isZero: value => value === 0,
    write(value) {
      if (typeof value !== "number" || (value | 0) !== value) throw irregular;
      return String(value);
    },
  },
  [ScalarType.UINT32]: {
    isZero: value => value === 0,
    write(value) {
      if (typeof value !== "number" || value >>> 0 !== value) throw irregular;
      return String(value);
    },
  },
  [ScalarType.INT64]: {
    isZero: value => value === 0n,
    write(value) {
      if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw irregular;
      return `"${value}"`;
    },
  },
  [ScalarType.UINT64]: {
    isZero: value => value === 0n,
    write(value) {
      if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) throw irregular;
      return `"${value}"`;
    },
  },
  [ScalarType.DOUBLE]: {
    // Minus zero is another number, though its digits are the same.
    isZero: value => Object.is(value, 0),
    write(value) {
      // Those that are not finite are words.
      if (typeof value !== "number" || !Number.isFinite(value)) throw irregular;
      return String(value);
    },
  },
};
