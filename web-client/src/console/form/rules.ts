import {
  type DescExtension,
  type DescField,
  type DescOneof,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { bytesOf } from "./bytes-text.ts";
import { asObject } from "./draft.ts";

/** A rule of protovalidate that can be told while somebody types. */
export interface Check {
  /** After "must": `have at most 200 characters`. */
  readonly words: string;
  readonly holds: (value: JsonValue) => boolean;
}

/** What protovalidate's rules say of a value. */
export interface ValueRules {
  readonly required: boolean;
  /** Whether the zero value is taken, whatever the checks say. */
  readonly mayBeZero: boolean;
  readonly checks: readonly Check[];
  /** Of a list's elements, a map's keys and values. */
  readonly items: ValueRules | undefined;
  readonly keys: ValueRules | undefined;
  readonly values: ValueRules | undefined;
}

/** Reads the rules of fields and oneofs; both are asked for at each keystroke, and read once. */
export interface RuleReader {
  of(field: DescField): ValueRules;
  oneofRequired(oneof: DescOneof): boolean;
}

const none: ValueRules = {
  required: false,
  mayBeZero: false,
  checks: [],
  items: undefined,
  keys: undefined,
  values: undefined,
};

/**
 * Reads `buf.validate` options by the extensions in `registry`; without them there are no rules. Rules of CEL and a few
 * that are rare are the server's to check.
 */
export function createRuleReader(registry: Registry): RuleReader {
  const known = new Map<DescField, ValueRules>();
  const fieldOption = registry.getExtension("buf.validate.field");
  const oneofOption = registry.getExtension("buf.validate.oneof");
  return {
    of(field) {
      let rules = known.get(field);
      if (!rules) {
        const json =
          fieldOption && hasOption(field, fieldOption) ? optionJson(field, fieldOption, registry) : undefined;
        rules = json ? readRules(json) : none;
        known.set(field, rules);
      }
      return rules;
    },
    oneofRequired(oneof) {
      if (!oneofOption || !hasOption(oneof, oneofOption)) return false;
      return (getOption(oneof, oneofOption) as { required?: boolean }).required ?? false;
    },
  };
}

function optionJson(field: DescField, option: DescExtension, registry: Registry): JsonObject | undefined {
  const value = getOption(field, option);
  return option.message ? asObject(toJson(option.message, value as never, { registry })) : undefined;
}

/** The kinds whose rules are made of the same words. */
const numeric = /^(float|double|u?int(32|64)|sint(32|64)|s?fixed(32|64))$/;

function readRules(json: JsonObject): ValueRules {
  const { required, ignore, ...types } = json;
  if (ignore === "IGNORE_ALWAYS") return none;
  const [kind = "", value] = Object.entries(types).find(([, rules]) => typeof rules === "object") ?? [];
  const rules = asObject(value);
  const table = numeric.test(kind) ? numberRules : (tables[kind] ?? {});
  const inner = (name: string) => (rules[name] === undefined ? undefined : readRules(asObject(rules[name])));
  return {
    required: required === true,
    mayBeZero: ignore === "IGNORE_IF_ZERO_VALUE",
    checks: Object.entries(rules).flatMap(([name, bound]) => table[name]?.(bound) ?? []),
    items: inner("items"),
    keys: inner("keys"),
    values: inner("values"),
  };
}

type Rule = (bound: JsonValue) => Check | [];

const stringRules: Readonly<Record<string, Rule>> = {
  minLen: n => ({ words: `have at least ${count(n, "character")}`, holds: v => [...String(v)].length >= Number(n) }),
  maxLen: n => ({ words: `have at most ${count(n, "character")}`, holds: v => [...String(v)].length <= Number(n) }),
  len: n => ({ words: `have ${count(n, "character")}`, holds: v => [...String(v)].length === Number(n) }),
  minBytes: n => ({ words: `have at least ${count(n, "byte")} of UTF-8`, holds: v => utf8(v) >= Number(n) }),
  maxBytes: n => ({ words: `have at most ${count(n, "byte")} of UTF-8`, holds: v => utf8(v) <= Number(n) }),
  pattern: p => pattern(String(p)),
  prefix: p => ({ words: `begin with ${String(p)}`, holds: v => String(v).startsWith(String(p)) }),
  suffix: p => ({ words: `end with ${String(p)}`, holds: v => String(v).endsWith(String(p)) }),
  contains: p => ({ words: `contain ${String(p)}`, holds: v => String(v).includes(String(p)) }),
  email: on => wellKnown(on, "be an email address", /^[^\s@]+@[^\s@]+$/),
  uuid: on => wellKnown(on, "be a UUID", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  ipv4: on => wellKnown(on, "be an IPv4 address", /^(\d{1,3}\.){3}\d{1,3}$/),
  uri: on => wellKnown(on, "be a URI", /^[a-z][a-z0-9+.-]*:/i),
  in: list => oneOf(list),
  notIn: list => ({ words: `be none of ${listed(list)}`, holds: v => !includes(list, v) }),
  const: c => ({ words: `be ${String(c)}`, holds: v => v === c }),
};

const numberRules: Readonly<Record<string, Rule>> = {
  gt: n => ({ words: `be more than ${String(n)}`, holds: v => compare(v, n) > 0 }),
  gte: n => ({ words: `be at least ${String(n)}`, holds: v => compare(v, n) >= 0 }),
  lt: n => ({ words: `be less than ${String(n)}`, holds: v => compare(v, n) < 0 }),
  lte: n => ({ words: `be at most ${String(n)}`, holds: v => compare(v, n) <= 0 }),
  in: list => oneOf(list),
  notIn: list => ({ words: `be none of ${listed(list)}`, holds: v => !includes(list, v) }),
  const: c => ({ words: `be ${String(c)}`, holds: v => String(v) === String(c) }),
};

const tables: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  string: stringRules,
  bytes: {
    minLen: n => ({ words: `have at least ${count(n, "byte")}`, holds: v => byteLength(v) >= Number(n) }),
    maxLen: n => ({ words: `have at most ${count(n, "byte")}`, holds: v => byteLength(v) <= Number(n) }),
    len: n => ({ words: `have ${count(n, "byte")}`, holds: v => byteLength(v) === Number(n) }),
  },
  bool: { const: c => ({ words: `be ${String(c)}`, holds: v => v === c }) },
  repeated: {
    minItems: n => ({ words: `have at least ${count(n, "item")}`, holds: v => (v as JsonValue[]).length >= Number(n) }),
    maxItems: n => ({ words: `have at most ${count(n, "item")}`, holds: v => (v as JsonValue[]).length <= Number(n) }),
    unique: on => (on === true ? { words: "have no item twice", holds: v => isUnique(v as JsonValue[]) } : []),
  },
  map: {
    minPairs: n => ({
      words: `have at least ${count(n, "entry")}`,
      holds: v => Object.keys(asObject(v)).length >= Number(n),
    }),
    maxPairs: n => ({
      words: `have at most ${count(n, "entry")}`,
      holds: v => Object.keys(asObject(v)).length <= Number(n),
    }),
  },
};

function count(n: JsonValue, noun: string): string {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${Number(n).toLocaleString("en-US")} ${Number(n) === 1 ? noun : plural}`;
}

/** Patterns are RE2's; one that ECMA-262 does not know is the server's to check. */
function pattern(text: string): Check | [] {
  try {
    const expression = new RegExp(text, "u");
    return { words: `match ${text}`, holds: value => expression.test(String(value)) };
  } catch {
    return [];
  }
}

function wellKnown(on: JsonValue, words: string, shape: RegExp): Check | [] {
  return on === true ? { words, holds: value => shape.test(String(value)) } : [];
}

function oneOf(list: JsonValue): Check {
  return { words: `be one of ${listed(list)}`, holds: value => includes(list, value) };
}

function listed(list: JsonValue): string {
  return (list as JsonValue[]).join(", ");
}

function includes(list: JsonValue, value: JsonValue): boolean {
  return (list as JsonValue[]).some(each => String(each) === String(value));
}

/** Numbers of 64 bits are strings, and compared as they are. */
function compare(a: JsonValue, b: JsonValue): number {
  const whole = /^-?\d+$/;
  const [left, right] =
    whole.test(String(a)) && whole.test(String(b)) ? [BigInt(String(a)), BigInt(String(b))] : [Number(a), Number(b)];
  return left < right ? -1 : Number(left > right);
}

function utf8(value: JsonValue): number {
  return new TextEncoder().encode(String(value)).length;
}

function byteLength(value: JsonValue): number {
  return bytesOf(String(value))?.length ?? 0;
}

function isUnique(list: readonly JsonValue[]): boolean {
  return new Set(list.map(each => JSON.stringify(each))).size === list.length;
}
