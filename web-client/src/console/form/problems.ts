import type { DescField, DescMessage, JsonValue } from "@bufbuild/protobuf";
import { bytesOf } from "./bytes-text.ts";
import { asList, asObject, chosenOf, type Draft, fieldValue } from "./draft.ts";
import { emptyOf } from "./empty-value.ts";
import type { RuleReader, ValueRules } from "./rules.ts";
import { type Control, shapeOf } from "./shape.ts";

/** What is wrong with a message, by the path of the field as servers write it: `user.name`, `ids[3]`, `labels["a"]`. */
export type Problems = ReadonlyMap<string, string>;

/** Messages within messages are read to this depth: contracts may hold themselves. */
const maxDepth = 32;

/** What is wrong with a draft: values that are none of their type, and rules of the contract that are broken. */
export function problemsOf(desc: DescMessage, draft: Draft, rules: RuleReader): Problems {
  const problems = new Map<string, string>();
  new MessageCheck(rules, problems).message(desc, draft, "", 0);
  return problems;
}

class MessageCheck {
  readonly #rules: RuleReader;
  readonly #problems: Map<string, string>;

  constructor(rules: RuleReader, problems: Map<string, string>) {
    this.#rules = rules;
    this.#problems = problems;
  }

  message(desc: DescMessage, draft: Draft, at: string, depth: number): void {
    if (depth > maxDepth) return;
    for (const oneof of desc.oneofs) {
      if (this.#rules.oneofRequired(oneof) && !chosenOf(draft, oneof)) {
        this.#problems.set(at + oneof.name, "one of these is required");
      }
    }
    for (const field of desc.fields) this.#field(field, fieldValue(draft, field), at + field.name, depth);
    const known = new Set(desc.fields.flatMap(field => [field.jsonName, field.name]));
    for (const key of Object.keys(draft)) {
      if (!known.has(key)) this.#problems.set(at + key, `${desc.name} has no such field`);
    }
  }

  #field(field: DescField, value: JsonValue | undefined, path: string, depth: number): void {
    const rules = this.#rules.of(field);
    const { many, control, presence } = shapeOf(field);
    if (value === undefined) {
      if (rules.required) this.#problems.set(path, "is required");
      // A field without presence is at its zero value, of which rules speak, too.
      else if (!presence) this.#rule(rules, zeroOf(many, control), path);
      return;
    }
    if (many === "list") {
      if (!Array.isArray(value)) this.#problems.set(path, "must be a list");
      for (const [i, each] of asList(value).entries()) this.#value(control, each, rules.items, `${path}[${i}]`, depth);
      this.#rule(rules, asList(value) as JsonValue[], path);
    } else if (many === "map") {
      for (const [key, each] of Object.entries(asObject(value))) {
        const at = `${path}[${JSON.stringify(key)}]`;
        this.#value(control, each, rules.values, at, depth);
        this.#rule(rules.keys, key, at);
      }
      this.#rule(rules, value, path);
    } else this.#value(control, value, rules, path, depth);
  }

  #value(control: Control, value: JsonValue, rules: ValueRules | undefined, path: string, depth: number): void {
    if (control.kind === "message") {
      if (typeof value === "object") this.message(control.desc, asObject(value), `${path}.`, depth + 1);
      else this.#problems.set(path, "must be an object");
      return;
    }
    const wrong = typeProblem(control, value);
    if (wrong) this.#problems.set(path, wrong);
    else this.#rule(rules, value, path);
  }

  #rule(rules: ValueRules | undefined, value: JsonValue, path: string): void {
    if (!rules || this.#problems.has(path) || (rules.mayBeZero && isZero(value))) return;
    const broken = rules.checks.find(check => !check.holds(value));
    if (broken) this.#problems.set(path, `must ${broken.words}`);
  }
}

/** RFC 3339 with a zone, from year 1 to 9999. */
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** What makes a value none of its type; undefined where it is one. */
function typeProblem(control: Control, value: JsonValue): string | undefined {
  switch (control.kind) {
    case "text":
      return typeof value === "string" ? undefined : "must be a text";
    case "bool":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "integer": {
      if (!/^-?\d+$/.test(String(value))) return "must be a whole number";
      const { min, max } = control;
      const number = BigInt(String(value));
      return number < min || number > max ? `must be from ${min} to ${max}` : undefined;
    }
    case "float":
      return typeof value === "number" || /^(NaN|-?Infinity)$/.test(String(value)) ? undefined : "must be a number";
    case "bytes":
      if (String(value).startsWith("hex:")) return "must be pairs of hex digits";
      return typeof value === "string" && bytesOf(value) ? undefined : "must be base64";
    case "enum":
      if (typeof value === "number" || control.desc.values.some(({ name }) => name === value)) return undefined;
      return `must be a value of ${control.desc.name}`;
    case "timestamp":
      return timestamp.test(String(value)) && !Number.isNaN(Date.parse(String(value)))
        ? undefined
        : "must be a time such as 2026-01-02T03:04:05Z";
    case "duration":
      return /^-?\d+(\.\d{1,9})?s$/.test(String(value)) ? undefined : "must be a duration such as 1.5s";
    case "mask":
      return typeof value === "string" ? undefined : "must be paths, joined by commas";
    case "any":
      return typeof asObject(value)["@type"] === "string" ? undefined : "needs a type";
    default:
      return undefined;
  }
}

function zeroOf(many: string, control: Control): JsonValue {
  if (many === "list") return [];
  return many === "map" ? {} : emptyOf(control);
}

function isZero(value: JsonValue): boolean {
  return typeof value === "object" ? Object.keys(value ?? {}).length === 0 : !value || value === "0";
}
