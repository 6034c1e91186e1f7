import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { Comments } from "../../protocol/comments.ts";
import { isRequired, rulesOf } from "./rules.ts";

/** Makes JSON schemas (2020-12) of what Protobuf's JSON looks like: https://protobuf.dev/programming-guides/json */
export interface Schemas {
  /** A reference to a message's schema, which is a component then. */
  message(message: DescMessage): JsonObject;
  /** The schema of a field's value, with its rules and its comment. */
  field(field: DescField): JsonObject;
  /** A message's schema, written out, without the fields that something else gives. */
  messageWithout(message: DescMessage, without: ReadonlySet<string>): JsonObject;
  /** All components so far, by their names. */
  readonly components: JsonObject;
}

const integer32 = { type: "integer", format: "int32" };
const integer64 = { type: "string", format: "int64" };
const unsigned64 = { type: "string", format: "uint64" };
const float = (format: string): JsonObject => ({
  anyOf: [{ type: "number", format }, { enum: ["NaN", "Infinity", "-Infinity"] }],
});

const scalars: Readonly<Record<ScalarType, JsonObject>> = {
  [ScalarType.DOUBLE]: float("double"),
  [ScalarType.FLOAT]: float("float"),
  [ScalarType.INT64]: integer64,
  [ScalarType.SINT64]: integer64,
  [ScalarType.SFIXED64]: integer64,
  [ScalarType.UINT64]: unsigned64,
  [ScalarType.FIXED64]: unsigned64,
  [ScalarType.INT32]: integer32,
  [ScalarType.SINT32]: integer32,
  [ScalarType.SFIXED32]: integer32,
  [ScalarType.UINT32]: { type: "integer", minimum: 0, maximum: 4294967295 },
  [ScalarType.FIXED32]: { type: "integer", minimum: 0, maximum: 4294967295 },
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
};

/** Messages whose JSON is no object of their fields. */
const wellKnown: Readonly<Record<string, JsonObject | true>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
  "google.protobuf.FieldMask": { type: "string", description: "Paths of fields, joined by commas." },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array" },
  "google.protobuf.NullValue": { type: "null" },
  "google.protobuf.Any": { type: "object", properties: { "@type": { type: "string" } }, additionalProperties: true },
  "google.protobuf.BoolValue": scalars[ScalarType.BOOL],
  "google.protobuf.BytesValue": scalars[ScalarType.BYTES],
  "google.protobuf.DoubleValue": scalars[ScalarType.DOUBLE],
  "google.protobuf.FloatValue": scalars[ScalarType.FLOAT],
  "google.protobuf.Int32Value": scalars[ScalarType.INT32],
  "google.protobuf.Int64Value": scalars[ScalarType.INT64],
  "google.protobuf.StringValue": scalars[ScalarType.STRING],
  "google.protobuf.UInt32Value": scalars[ScalarType.UINT32],
  "google.protobuf.UInt64Value": scalars[ScalarType.UINT64],
};

/** Makes an empty set of schemas. */
export function createSchemas(comments: Comments): Schemas {
  const components: JsonObject = {};

  function message(desc: DescMessage): JsonObject {
    const known = wellKnown[desc.typeName];
    if (known) return known as JsonObject;
    if (!(desc.typeName in components)) {
      // Its own fields may be of its type.
      components[desc.typeName] = {};
      components[desc.typeName] = messageWithout(desc, new Set());
    }
    return { $ref: `#/components/schemas/${desc.typeName}` };
  }

  function messageWithout(desc: DescMessage, without: ReadonlySet<string>): JsonObject {
    const fields = desc.fields.filter(({ name }) => !without.has(name));
    const required = fields.filter(field => rulesOf(field).required && !field.oneof).map(({ jsonName }) => jsonName);
    const choices = desc.oneofs.flatMap(oneof => {
      const names = oneof.fields.filter(({ name }) => !without.has(name)).map(({ jsonName }) => jsonName);
      return names.length < oneof.fields.length || names.length < 2 ? [] : [choice(names, isRequired(oneof))];
    });
    const [only, ...more] = choices;
    return {
      type: "object",
      ...described(comments(desc.typeName)),
      properties: Object.fromEntries(fields.map(each => [each.jsonName, field(each)])),
      ...(required.length > 0 && { required }),
      ...(more.length > 0 ? { allOf: choices } : only),
    };
  }

  function field(desc: DescField): JsonObject {
    const { schema, words } = rulesOf(desc);
    const text = [comments(`${desc.parent.typeName}.${desc.name}`), ...words.map(sentence)].filter(Boolean).join(" ");
    return { ...merged(shape(desc), schema), ...described(text) };
  }

  function shape(desc: DescField): JsonObject {
    switch (desc.fieldKind) {
      case "map":
        return { type: "object", additionalProperties: value(desc) };
      case "list":
        return { type: "array", items: value(desc) };
      default:
        return value(desc);
    }
  }

  function value(desc: DescField): JsonObject {
    if (desc.message) return message(desc.message);
    if (desc.enum)
      return enumSchema(
        desc.enum.typeName,
        desc.enum.values.map(({ name }) => name),
      );
    return scalars[desc.scalar ?? ScalarType.STRING];
  }

  function enumSchema(typeName: string, names: readonly string[]): JsonObject {
    if (typeName === "google.protobuf.NullValue") return { type: "null" };
    components[typeName] ??= { type: "string", ...described(comments(typeName)), enum: [...names] };
    return { $ref: `#/components/schemas/${typeName}` };
  }

  return { message, field, messageWithout, components };
}

/** One of some properties, or none where none is required. */
function choice(names: readonly string[], required: boolean): JsonObject {
  const each = names.map(name => ({ required: [name] }));
  return { oneOf: required ? each : [...each, { not: { anyOf: each } }] };
}

/** A type's schema with what rules say beside it; what they say of items goes into the items. */
function merged(type: JsonObject, { items, ...rules }: JsonObject): JsonObject {
  const all = { ...type, ...rules };
  if (items === undefined || all.items === undefined) return all;
  return { ...all, items: { ...(all.items as JsonObject), ...(items as JsonObject) } };
}

function described(description: string): { description?: JsonValue } {
  return description === "" ? {} : { description };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
