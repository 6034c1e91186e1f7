import {
  type DescField,
  type DescOneof,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldOption,
  Ignore,
  oneof as oneofOption,
  type StringRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** What a rule adds to a schema; what JSON Schema has no word for is said in words. */
export interface RuleSchema {
  readonly schema: JsonObject;
  readonly words: readonly string[];
  /** The field must be set. */
  readonly required: boolean;
}

const noRules: RuleSchema = { schema: {}, words: [], required: false };

/** What protovalidate's rules say of a field. */
export function rulesOf(field: DescField): RuleSchema {
  if (!hasOption(field, fieldOption)) return noRules;
  return readRules(getOption(field, fieldOption));
}

/** Whether one of a oneof's fields must be set. */
export function isRequired(oneof: DescOneof): boolean {
  return hasOption(oneof, oneofOption) && getOption(oneof, oneofOption).required;
}

function readRules(rules: FieldRules): RuleSchema {
  const { type, ignore, required, cel } = rules;
  if (ignore === Ignore.ALWAYS) return noRules;
  const words = cel.map(({ message, expression }) => message || expression);
  const schema = typeSchema(type, words);
  // Zero is taken, whatever the rule says of other values.
  const mayBeZero = ignore === Ignore.IF_ZERO_VALUE && Object.keys(schema).length > 0;
  return { schema: mayBeZero ? { anyOf: [schema, { const: zeroOf(type) }] } : schema, words, required };
}

function zeroOf({ case: kind }: FieldRules["type"]): JsonValue {
  if (kind === "repeated") return [];
  if (kind === "map") return {};
  return kind === "string" || kind === "bytes" || kind === "enum" ? "" : 0;
}

function typeSchema(type: FieldRules["type"], words: string[]): JsonObject {
  switch (type.case) {
    case undefined:
      return {};
    case "string":
      return stringSchema(type.value, words);
    case "bytes": {
      const { minLen, maxLen } = type.value;
      if (minLen > 0n) words.push(`at least ${minLen} bytes`);
      if (maxLen > 0n) words.push(`at most ${maxLen} bytes`);
      return {};
    }
    case "repeated": {
      const { minItems, maxItems, unique, items } = type.value;
      const inner = items ? readRules(items) : noRules;
      words.push(...inner.words);
      return {
        ...(minItems > 0n && { minItems: Number(minItems) }),
        ...(maxItems > 0n && { maxItems: Number(maxItems) }),
        ...(unique && { uniqueItems: true }),
        ...(Object.keys(inner.schema).length > 0 && { items: inner.schema }),
      };
    }
    case "map": {
      const { minPairs, maxPairs } = type.value;
      return {
        ...(minPairs > 0n && { minProperties: Number(minPairs) }),
        ...(maxPairs > 0n && { maxProperties: Number(maxPairs) }),
      };
    }
    case "bool":
      return Object.hasOwn(type.value, "const") ? { const: type.value.const } : {};
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64": {
      // In JSON they are strings, which have no bounds.
      const { greaterThan, lessThan } = type.value;
      if (greaterThan.case) words.push(`${comparisons[greaterThan.case]} ${greaterThan.value}`);
      if (lessThan.case) words.push(`${comparisons[lessThan.case]} ${lessThan.value}`);
      return {};
    }
    case "float":
    case "double":
    case "int32":
    case "uint32":
    case "sint32":
    case "fixed32":
    case "sfixed32": {
      const { greaterThan, lessThan, in: oneOf } = type.value;
      return {
        ...(greaterThan.case === "gt" && { exclusiveMinimum: greaterThan.value }),
        ...(greaterThan.case === "gte" && { minimum: greaterThan.value }),
        ...(lessThan.case === "lt" && { exclusiveMaximum: lessThan.value }),
        ...(lessThan.case === "lte" && { maximum: lessThan.value }),
        ...(oneOf.length > 0 && { enum: oneOf }),
      };
    }
    default:
      return {};
  }
}

const comparisons = { gt: "more than", gte: "at least", lt: "less than", lte: "at most" };

/** The formats of JSON Schema for protovalidate's well-known strings. */
const formats: Readonly<Partial<Record<NonNullable<StringRules["wellKnown"]["case"]>, string>>> = {
  email: "email",
  hostname: "hostname",
  ipv4: "ipv4",
  ipv6: "ipv6",
  uri: "uri",
  uriRef: "uri-reference",
  uuid: "uuid",
};

function stringSchema(rules: StringRules, words: string[]): JsonObject {
  const { minLen, maxLen, minBytes, maxBytes, pattern, prefix, suffix, contains, in: oneOf, notIn, wellKnown } = rules;
  if (minBytes > 0n) words.push(`at least ${minBytes} bytes of UTF-8`);
  if (maxBytes > 0n) words.push(`at most ${maxBytes} bytes of UTF-8`);
  if (notIn.length > 0) words.push(`none of ${notIn.join(", ")}`);
  const parts = [
    prefix && `^${RegExp.escape(prefix)}`,
    suffix && `${RegExp.escape(suffix)}$`,
    contains && RegExp.escape(contains),
    isEcmaPattern(pattern) && pattern,
  ].filter(part => typeof part === "string" && part !== "");
  if (pattern !== "" && !isEcmaPattern(pattern)) words.push(`matches ${pattern} (RE2)`);
  const format = wellKnown.case && wellKnown.value === true ? formats[wellKnown.case] : undefined;
  const [only, ...more] = parts;
  return {
    ...(minLen > 0n && { minLength: Number(minLen) }),
    ...(maxLen > 0n && { maxLength: Number(maxLen) }),
    ...(format !== undefined && { format }),
    ...(oneOf.length > 0 && { enum: oneOf }),
    ...(only !== undefined && more.length === 0 && { pattern: only }),
    ...(more.length > 0 && { allOf: parts.map(part => ({ pattern: part as string })) }),
  };
}

/** Whether a pattern of RE2 is one of ECMA-262, too, in the dialect that JSON Schema asks for. */
function isEcmaPattern(pattern: string): boolean {
  try {
    return pattern !== "" && new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
