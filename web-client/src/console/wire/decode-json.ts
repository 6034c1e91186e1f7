import { byteOffsets, jsonRanges } from "./json-ranges.ts";
import type { Region } from "./region.ts";

/** A part of a text that belongs to one path: a value without parts with its key, or what is between such. */
export interface JsonPart {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Cuts a JSON text into parts that follow one another and cover it; each belongs to the innermost value around it. */
export function jsonParts(text: string): JsonPart[] {
  const parts: JsonPart[] = [];
  const open: { path: string; end: number }[] = [{ path: "", end: text.length }];
  let at = 0;
  function upTo(end: number): void {
    const path = open.at(-1)?.path ?? "";
    if (end > at) parts.push({ path, start: at, end });
    at = Math.max(at, end);
  }
  for (const { path, start, end } of jsonRanges(text)) {
    for (let top = open.at(-1); top && open.length > 1 && top.end <= start; top = open.at(-1)) {
      upTo(top.end);
      open.pop();
    }
    upTo(start);
    open.push({ path, end });
  }
  while (open.length > 0) {
    upTo(open.at(-1)?.end ?? at);
    open.pop();
  }
  return parts;
}

/** Regions of a body that is JSON. `at` is where it begins in the bytes that they count from. */
export function decodeJson(bytes: Uint8Array, at = 0): Region[] {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const parts = jsonParts(text);
  const ends = byteOffsets(
    text,
    parts.map(({ end }) => end),
  );
  return parts.map(({ path, start, end }, i) => ({
    kind: "text",
    start: at + (ends[i - 1] ?? 0),
    end: at + (ends[i] ?? 0),
    label: path === "" ? "JSON" : path,
    value: shorten(text.slice(start, end).trim()),
    path,
  }));
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80).toWellFormed()}…` : text;
}
