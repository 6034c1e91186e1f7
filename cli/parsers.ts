import { InvalidArgumentError } from "commander";

/** The longest that a timer waits, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Returns a parser of whole numbers from `min` to `max`; commander puts the option's name before its error. */
export function integer(min: number, max: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Must be a whole number from ${min} to ${max}.`);
  };
}

/** Reads a time such as `500ms`, `5s`, `2m` or `1h`, and returns milliseconds; `0` is 0. At most 596 hours. */
export function duration(text: string): number {
  if (text === "0") return 0;
  const [, digits, unit = ""] = /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(digits) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN));
  if (ms >= 1 && ms <= MAX_TIMER_MS) return ms;
  throw new InvalidArgumentError("Must be 1ms to 596h, such as 500ms, 5s or 2m; or 0 for no limit.");
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
