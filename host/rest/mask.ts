import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { invalidField, quoted } from "./field-text.ts";
import { fieldOf, isPlainMessage } from "./fields.ts";

/** AIP-154: says which state of a resource is meant, and is none of its properties. */
const etagName = "etag";

/** The field of a request that is its only mask (AIP-134); undefined where there are none or several. */
export function maskField({ fields }: DescMessage): DescField | undefined {
  const masks = fields.filter(
    field => field.fieldKind === "message" && field.message.typeName === "google.protobuf.FieldMask",
  );
  return masks.length === 1 ? masks[0] : undefined;
}

/**
 * The paths of a mask for what a partial resource says (RFC 7396): the keys of its objects, down to the values. `null`
 * clears, and lists, maps and well-known types are values. The etag is left out. Throws
 * INVALID_ARGUMENT for a key that is no field: a patch must not be lost for a misspelling. `at` is how errors name it.
 */
export function maskPaths(message: DescMessage, json: JsonObject, at: string): string[] {
  return Object.entries(json).flatMap(([key, value]) => {
    const field = fieldOf(message, key);
    if (field === undefined) throw invalidField(at, `${at} has no field ${quoted(key)}`);
    if (field.name === etagName) return [];
    const inner = field.fieldKind === "message" && isPlainMessage(field.message) && isObject(value) ? value : undefined;
    if (inner === undefined || field.message === undefined || Object.keys(inner).length === 0) return [field.name];
    return maskPaths(field.message, inner, `${at}.${field.name}`).map(path => `${field.name}.${path}`);
  });
}

/** Tells whether a JSON value is an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
