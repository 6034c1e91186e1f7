import type { JsonValue } from "@bufbuild/protobuf";
import type { Control } from "./shape.ts";

/** A value as it is typed: a line of text for all but bool, bytes, messages and free JSON. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * What was typed, as the JSON of the value; undefined for nothing. A text that is no such value is kept as it is: the form
 * shows what is wrong with it, and the call is not made.
 */
export function readText(control: Control, text: string): JsonValue | undefined {
  if (control.kind === "text") return text;
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  switch (control.kind) {
    case "integer":
      return readInteger(control.long, trimmed);
    case "float":
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed) && Number.isFinite(Number(trimmed))
        ? Number(trimmed)
        : trimmed;
    case "duration":
      return readDuration(trimmed);
    case "mask":
      return readMask(trimmed);
    default:
      return trimmed;
  }
}

/** Numbers of 64 bits are strings in Protobuf JSON. */
function readInteger(long: boolean, text: string): JsonValue {
  if (!/^[-+]?\d+$/.test(text)) return text;
  const value = BigInt(text.replace(/^\+/, ""));
  return long || !Number.isSafeInteger(Number(value)) ? String(value) : Number(value);
}

const secondsIn: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9 };

/** Protobuf JSON has seconds alone: `1500ms` is `1.5s`, `2m` is `120s`. */
function readDuration(text: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d{1,9}))?\s*(ms|s|min|m|h)$/.exec(text);
  if (!parts || parts[4] === "s") return text.replace(/\s+s$/, "s");
  const [, sign = "", whole = "", fraction = "", unit = ""] = parts;
  const perUnit = BigInt(secondsIn[unit] ?? 0);
  const nanos = BigInt(whole) * perUnit + (BigInt(fraction.padEnd(9, "0")) * perUnit) / 1_000_000_000n;
  const rest = String(nanos % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${sign}${nanos / 1_000_000_000n}${rest === "" ? "" : `.${rest}`}s`;
}

/** Paths in JSON are lowerCamelCase; contracts and people write snake_case. */
function readMask(text: string): string {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(path => path.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()))
    .join(",");
}
