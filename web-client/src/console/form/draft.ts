import type { DescField, DescOneof, JsonObject, JsonValue } from "@bufbuild/protobuf";

/** A message in Protobuf JSON while it is edited. Never changed in place. */
export type Draft = JsonObject;

/** The value of a field, by its JSON name or by its name in the contract; undefined where it is unset. */
export function fieldValue(draft: Draft, field: DescField): JsonValue | undefined {
  const value = field.jsonName in draft ? draft[field.jsonName] : draft[field.name];
  // `null` is a value of google.protobuf.Value alone; elsewhere it stands for unset.
  return value === null && field.message?.typeName !== "google.protobuf.Value" ? undefined : value;
}

/** A draft with a field set; undefined unsets it. What else is set in its oneof is unset. */
export function withField(draft: Draft, field: DescField, value: JsonValue | undefined): Draft {
  const next = { ...draft };
  if (field.jsonName !== field.name) delete next[field.name];
  if (value === undefined) delete next[field.jsonName];
  else {
    for (const other of field.oneof?.fields ?? []) {
      if (other === field) continue;
      delete next[other.jsonName];
      delete next[other.name];
    }
    next[field.jsonName] = value;
  }
  return next;
}

/** The field of a oneof that is set. */
export function chosenOf(draft: Draft, oneof: DescOneof): DescField | undefined {
  return oneof.fields.find(field => field.jsonName in draft || field.name in draft);
}

/** JSON as an object; anything else is an empty one. */
export function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** JSON as a list; anything else is an empty one. */
export function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** A map with a key renamed, at its place. A key that is there already takes the value over. */
export function renameKey(map: JsonObject, from: string, to: string): JsonObject {
  const entries = Object.entries(map).filter(([key]) => key === from || key !== to);
  return Object.fromEntries(entries.map(([key, value]) => [key === from ? to : key, value]));
}

/** A key that a map does not have yet. */
export function freeKey(map: JsonObject, numeric: boolean): string {
  for (let i = 1; ; i++) {
    const key = numeric ? String(i) : `key${i}`;
    if (!(key in map)) return key;
  }
}
