import type { DescField, DescMessage } from "@bufbuild/protobuf";

const byName = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** The field of a message by its name in the contract, or by its name in JSON. */
export function fieldOf(message: DescMessage, name: string): DescField | undefined {
  let fields = byName.get(message);
  if (fields === undefined) {
    const names = message.fields.flatMap(field => [[field.jsonName, field] as const, [field.name, field] as const]);
    fields = new Map(names);
    byName.set(message, fields);
  }
  return fields.get(name);
}

/** Messages that stand for one value, whose JSON is a string, a number or a boolean. */
const scalarMessages: ReadonlySet<string> = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "google.protobuf.FieldMask",
  "google.protobuf.BoolValue",
  "google.protobuf.BytesValue",
  "google.protobuf.DoubleValue",
  "google.protobuf.FloatValue",
  "google.protobuf.Int32Value",
  "google.protobuf.Int64Value",
  "google.protobuf.StringValue",
  "google.protobuf.UInt32Value",
  "google.protobuf.UInt64Value",
]);

/** Tells whether one text can be the field's value, or one of its values where it is repeated. */
export function holdsText(field: DescField): boolean {
  if (field.fieldKind === "map") return false;
  if (field.fieldKind === "list") return field.listKind !== "message";
  return field.fieldKind !== "message" || scalarMessages.has(field.message.typeName);
}

/** Tells whether the JSON of a message is an object of its fields: it is for all but the well-known types. */
export function isPlainMessage({ typeName }: DescMessage): boolean {
  return !typeName.startsWith("google.protobuf.");
}

/**
 * The fields that a dotted path goes through, in either spelling: all but the last are messages. Returns why not where
 * there are no such ones.
 */
export function resolveFieldPath(message: DescMessage, path: string): readonly DescField[] | string {
  const fields: DescField[] = [];
  let at: DescMessage | undefined = message;
  for (const name of path.split(".")) {
    if (at === undefined) return `"${fields.at(-1)?.name}" has no fields of its own`;
    const field = fieldOf(at, name);
    if (field === undefined) return `${at.typeName} has no field "${name}"`;
    fields.push(field);
    at = field.fieldKind === "message" && isPlainMessage(field.message) ? field.message : undefined;
  }
  return fields;
}

/** The names of fields in the contract, joined by dots. */
export function nameOf(fields: readonly DescField[]): string {
  return fields.map(({ name }) => name).join(".");
}
