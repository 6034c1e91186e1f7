import { joinPath } from "./region.ts";

/** Where a value stands in a JSON text: with its key, where it has one. Offsets are in UTF-16 units; `end` is exclusive. */
export interface JsonRange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Where the value itself begins: behind the key. */
  readonly valueAt: number;
  /** Whether it has members or elements. */
  readonly hasParts: boolean;
}

/** White space, a string, a number or a word, or a sign. */
const token = /[ \t\r\n]*(?:("[^"\\]*(?:\\.[^"\\]*)*")|([-+\w.]+)|([{}[\],:]))/y;

/** Values within values: a page's stack is no match for what a stranger sends. */
const maxDepth = 200;

/**
 * Finds every value in a JSON text, outer ones first. Of a text that is no JSON, and of one with more than `maxRanges` values,
 * what comes before the fault or the bound is found.
 */
export function jsonRanges(text: string, maxRanges = 20_000): JsonRange[] {
  const ranges: JsonRange[] = [];
  let depth = 0;
  let at = 0;
  function next(): { readonly text: string; readonly start: number } | undefined {
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found) return undefined;
    at = token.lastIndex;
    const [, string, word, sign] = found;
    const own = string ?? word ?? sign ?? "";
    return { text: own, start: at - own.length };
  }
  /** Returns whether the value was read whole. */
  function value(path: string, keyAt: number | undefined): boolean {
    const first = next();
    if (!first || ranges.length >= maxRanges || depth > maxDepth) return false;
    const start = keyAt ?? first.start;
    const index = ranges.length;
    const isOpen = first.text === "{" || first.text === "[";
    ranges.push({ path, start, end: at, valueAt: first.start, hasParts: isOpen });
    depth++;
    const whole = !isOpen || (first.text === "{" ? members(path) : elements(path));
    depth--;
    ranges[index] = { path, start, end: at, valueAt: first.start, hasParts: isOpen };
    return whole;
  }
  function members(path: string): boolean {
    for (;;) {
      const key = next();
      if (!key) return false;
      if (key.text === "}") return true;
      if (key.text === ",") continue;
      const name = nameOf(key.text);
      if (name === undefined || next()?.text !== ":" || !value(joinPath(path, name), key.start)) return false;
    }
  }
  function elements(path: string): boolean {
    for (let index = 0; ; index++) {
      const before = at;
      const sign = next();
      if (!sign) return false;
      if (sign.text === "]") return true;
      if (sign.text !== ",") at = before;
      if (!value(joinPath(path, index), undefined)) return false;
    }
  }
  value("", undefined);
  return ranges;
}

function nameOf(text: string): string | undefined {
  if (!text.startsWith('"')) return undefined;
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** Byte offsets in the text's UTF-8 of ascending offsets in UTF-16 units. */
export function byteOffsets(text: string, offsets: readonly number[]): number[] {
  const encoder = new TextEncoder();
  let [units, bytes] = [0, 0];
  return offsets.map(offset => {
    bytes += encoder.encode(text.slice(units, offset)).length;
    units = offset;
    return bytes;
  });
}
