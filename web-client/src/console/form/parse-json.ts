import type { JsonValue } from "@bufbuild/protobuf";

/** What came of reading a text: its value, or what is wrong with it and where. */
export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: string; readonly line: number };

/**
 * Reads JSON for a message. A number that JavaScript cannot hold, as those of 64 bits may be, is kept as the text that was
 * written: Protobuf JSON takes that for the same number.
 */
export function parseJson(text: string): JsonReading {
  try {
    return { ok: true, value: JSON.parse(text.trim() === "" ? "{}" : text, keepLongNumbers as Reviver) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const place = /position (\d+)/.exec(problem);
    const at = place ? Number(place[1]) : text.length;
    return { ok: false, problem, line: text.slice(0, at).split("\n").length };
  }
}

/** JSON with two spaces a level, as the console shows it. */
export function printJson(value: JsonValue): string {
  return JSON.stringify(value, undefined, 2);
}

type Reviver = (key: string, value: unknown) => unknown;

/** ECMA-262 section 25.5.1.1: a reviver's third argument has the text of a primitive value. */
function keepLongNumbers(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isLong = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "");
  return isLong ? source : value;
}
