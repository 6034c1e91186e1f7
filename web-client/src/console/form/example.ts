import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { RuleReader, ValueRules } from "./rules.ts";
import { type Control, shapeOf } from "./shape.ts";

/** Messages within messages are filled in to this depth: contracts may hold themselves. */
const maxDepth = 3;

/** What names of fields suggest; the first that fits. */
const samples: readonly (readonly [RegExp, string])[] = [
  [/e_?mail/, "ada@example.com"],
  [/(^|_)(ur[il]|link|href)$/, "https://example.com/"],
  [/(^|_)id$/, "1"],
  [/name|user|author/, "Ada"],
  [/message|text|bio|title|description/, "Hello"],
];

/** What an example is made with. */
export interface ExampleOptions {
  readonly rules: RuleReader;
  /** Now, in milliseconds since 1970. */
  readonly now: number;
  /** A new UUID. */
  readonly uuid: () => string;
}

/** A message with each field filled in, of each oneof the first: what can be taken apart faster than written. */
export function exampleOf(desc: DescMessage, options: ExampleOptions, depth = 0): JsonObject {
  const example: JsonObject = {};
  for (const field of desc.fields) {
    if (field.oneof && field.oneof.fields[0] !== field) continue;
    const value = fieldExample(field, options, depth);
    if (value !== undefined) example[field.jsonName] = value;
  }
  return example;
}

function fieldExample(field: DescField, options: ExampleOptions, depth: number): JsonValue | undefined {
  const { many, control, key } = shapeOf(field);
  const rules = options.rules.of(field);
  const one = (inner: ValueRules | undefined) => valueExample(control, field.name, inner, options, depth);
  if (many === "list") {
    const value = one(rules.items);
    return value === undefined ? undefined : [value];
  }
  if (many === "map" && key) {
    const value = one(rules.values);
    const name = key.kind === "text" ? "key" : String(valueExample(key, "key", rules.keys, options, depth));
    return value === undefined ? undefined : { [name]: value };
  }
  return one(rules);
}

function valueExample(
  control: Control,
  name: string,
  rules: ValueRules | undefined,
  options: ExampleOptions,
  depth: number,
): JsonValue | undefined {
  switch (control.kind) {
    case "text":
      return textExample(name, rules, options);
    case "bool":
      return true;
    case "integer":
      return control.long ? "1" : firstFitting([1, 10, 0, 100, 1000], rules);
    case "float":
      return 1.5;
    case "bytes":
      return base64Encode(new TextEncoder().encode("hello"));
    case "enum":
      return (control.desc.values.find(({ number }) => number !== 0) ?? control.desc.values[0])?.name;
    case "timestamp":
      return new Date(options.now).toISOString().replace(/\.\d+Z$/, "Z");
    case "duration":
      return "1.5s";
    case "json":
      return JSON.parse(control.zero) as JsonValue;
    case "message":
      return depth < maxDepth ? exampleOf(control.desc, options, depth + 1) : undefined;
    // A mask would leave out what is filled in, and which type is meant nobody knows.
    default:
      return undefined;
  }
}

function textExample(name: string, rules: ValueRules | undefined, { uuid }: ExampleOptions): JsonValue | undefined {
  const sample = samples.find(([pattern]) => pattern.test(name))?.[1] ?? "text";
  return firstFitting([sample, uuid(), "ada@example.com", "login", "1"], rules);
}

/** The first that breaks no rule; none where all do. */
function firstFitting(values: readonly JsonValue[], rules: ValueRules | undefined): JsonValue | undefined {
  return values.find(value => rules?.checks.every(check => check.holds(value)) ?? true);
}
