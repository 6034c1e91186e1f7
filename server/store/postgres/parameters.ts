/** What a parameter of a statement may be. A list is one of PostgreSQL's arrays. */
export type Value = Scalar | readonly Scalar[];
type Scalar = string | number | bigint | Uint8Array | null | undefined;

/** What has a meaning within the quotes of an element. */
const SPECIAL = /["\\]/;
const ALL_SPECIAL = /["\\]/g;

/**
 * Returns a parameter as PostgreSQL reads it as text; null stands for NULL.
 * https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO
 */
export function toText(value: Value): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return `\\x${hexOf(value)}`;
  let text = "{";
  for (const [index, item] of value.entries()) text += index === 0 ? elementOf(item) : `,${elementOf(item)}`;
  return `${text}}`;
}

function elementOf(item: Scalar): string {
  if (item === null || item === undefined) return "NULL";
  if (typeof item === "string") return SPECIAL.test(item) ? `"${item.replace(ALL_SPECIAL, "\\$&")}"` : `"${item}"`;
  return typeof item === "object" ? `"\\\\x${hexOf(item)}"` : String(item);
}

function hexOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("hex");
}
