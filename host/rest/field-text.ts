import { create, type DescEnum, type DescField, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";

/** INVALID_ARGUMENT that names a field of the request, for people and for programs. */
export function invalidField(field: string, description: string): ConnectError {
  const value = create(BadRequestSchema, { fieldViolations: [{ field, description }] });
  return new ConnectError(description, Code.InvalidArgument, undefined, [{ desc: BadRequestSchema, value }]);
}

/** A text as errors show it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

/** The least and the largest number of each type that has bounds. */
const ranges: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.UINT32]: [0n, 2n ** 32n - 1n],
  [ScalarType.FIXED32]: [0n, 2n ** 32n - 1n],
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n],
};

const integer = /^-?\d{1,20}$/;
const decimal = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const nonNumbers: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

/**
 * The JSON of a field, or of one of its values where it is repeated, from the text of a path or a query. `name` is how
 * errors name it. Throws INVALID_ARGUMENT with the type's bounds.
 */
export function jsonOfText(field: DescField, text: string, name: string): JsonValue {
  if (field.message) return jsonOfMessageText(field.message.typeName, text, name);
  if (field.enum) return jsonOfEnumText(field.enum, text, name);
  return jsonOfScalarText(field.scalar, text, name);
}

function jsonOfScalarText(scalar: ScalarType | undefined, text: string, name: string): JsonValue {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
    case undefined:
      return text;
    case ScalarType.BOOL:
      if (text === "true" || text === "false") return text === "true";
      throw invalidField(name, `${name} ${quoted(text)} is not true or false`);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      if (nonNumbers.has(text)) return text;
      if (decimal.test(text) && Number.isFinite(Number(text))) return Number(text);
      throw invalidField(name, `${name} ${quoted(text)} is not a number`);
    default:
      return jsonOfInteger(scalar, text, name);
  }
}

function jsonOfInteger(scalar: ScalarType, text: string, name: string): JsonValue {
  const [least = 0n, largest = 0n] = ranges[scalar] ?? [];
  if (integer.test(text)) {
    const value = BigInt(text);
    if (value >= least && value <= largest) return largest > 2n ** 32n ? String(value) : Number(value);
  }
  throw invalidField(name, `${name} ${quoted(text)} is not an integer from ${least} to ${largest}`);
}

function jsonOfEnumText({ values, typeName }: DescEnum, text: string, name: string): JsonValue {
  if (integer.test(text) && Math.abs(Number(text)) < 2 ** 31) return Number(text);
  if (values.some(value => value.name === text)) return text;
  const known = values.map(value => value.name).join(", ");
  throw invalidField(name, `${name} ${quoted(text)} is no ${typeName}: one of ${known}, or a number`);
}

/** The types that wrappers wrap. */
const wrapped: Readonly<Record<string, ScalarType>> = {
  "google.protobuf.BoolValue": ScalarType.BOOL,
  "google.protobuf.BytesValue": ScalarType.BYTES,
  "google.protobuf.DoubleValue": ScalarType.DOUBLE,
  "google.protobuf.FloatValue": ScalarType.FLOAT,
  "google.protobuf.Int32Value": ScalarType.INT32,
  "google.protobuf.Int64Value": ScalarType.INT64,
  "google.protobuf.StringValue": ScalarType.STRING,
  "google.protobuf.UInt32Value": ScalarType.UINT32,
  "google.protobuf.UInt64Value": ScalarType.UINT64,
};

function jsonOfMessageText(typeName: string, text: string, name: string): JsonValue {
  const scalar = wrapped[typeName];
  if (scalar !== undefined) return jsonOfScalarText(scalar, text, name);
  // Masks are lower camel case in JSON, and everywhere else as in contracts: both are understood.
  return typeName === "google.protobuf.FieldMask" ? maskJson(text.split(",")) : text;
}

/** The JSON of a field mask: https://protobuf.dev/programming-guides/json/#field-mask */
export function maskJson(paths: readonly string[]): string {
  return paths.map(path => path.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())).join(",");
}
