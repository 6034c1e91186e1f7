import type { OutgoingHttpHeaders } from "node:http";
import { isFieldValue, isLowerToken } from "../../http2/field-syntax.ts";

/** Fields that belong to a connection, and so have no place in HTTP/2 (RFC 9113 section 8.2.2). */
const connectionFields = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/**
 * The fields of an outgoing message as a list of names and values. Those that belong to a connection are left out. Throws a
 * TypeError for names and values that HTTP does not allow.
 */
export function fieldList(fields: OutgoingHttpHeaders): string[] {
  const list: string[] = [];
  for (const [given, value] of Object.entries(fields)) {
    const name = given.toLowerCase();
    if (value === undefined || connectionFields.has(name)) continue;
    if (!isLowerToken(name)) throw new TypeError(`"${given}" is no field name`);
    for (const each of Array.isArray(value) ? value : [value]) {
      const text = String(each).trim();
      if (!isFieldValue(text)) throw new TypeError(`the value of "${name}" holds a character that fields cannot`);
      list.push(name, text);
    }
  }
  return list;
}
