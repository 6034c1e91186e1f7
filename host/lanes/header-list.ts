import type { Fields } from "../../protocol/metadata.ts";

/** Fields that HTTP/2 forbids (RFC 9113 section 8.2.2): Node throws on them. */
const connectionFields = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
]);

/**
 * Status and fields as a flat list of names and values: Node copies an object into a hash table first, which takes a
 * twentieth of the time of a whole call (nodejs/node#59455, in Node 24.7).
 */
export function headerList(status: number, fields: Fields): string[] {
  const list = [":status", String(status)];
  addFields(list, fields);
  return list;
}

/** Adds fields to a list, but those that it is `without`; `Vary` says what both do (RFC 9110 section 5.3). */
export function addFields(list: string[], fields: Fields, without?: Fields): void {
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || connectionFields.has(name)) continue;
    if (without && name in without && name !== "vary") continue;
    if (Array.isArray(value)) for (const each of value) list.push(name, each);
    else list.push(name, value);
  }
}
