import type { Fields } from "../../protocol/metadata.ts";
import { baseHeads, grpcTrailer } from "./reply-head.ts";

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

/** The lists of heads with status 200 that most replies begin with: frozen, so that an encoder plans each of them once. */
const knownHeads = new Map(baseHeads.map(fields => [fields, Object.freeze(headerList(200, fields))]));
const grpcTrailers: readonly string[] = Object.freeze(["grpc-status", "0"]);

/** The list of a head that nobody has changed, found by its identity; undefined for all others. */
export function knownHead(status: number, fields: Fields): readonly string[] | undefined {
  return status === 200 ? knownHeads.get(fields) : undefined;
}

/** The same for trailers. */
export function knownTrailers(trailers: Fields): readonly string[] | undefined {
  return trailers === grpcTrailer ? grpcTrailers : undefined;
}

/** Adds fields to a list, but those that it is `without`; `Vary` says what both do (RFC 9110 section 5.3). */
export function addFields(list: string[], fields: Fields, without?: Fields): void {
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || connectionFields.has(name)) continue;
    if (without && name in without && name !== "vary") continue;
    if (Array.isArray(value)) for (const each of value) list.push(name, each);
    else list.push(name, typeof value === "string" ? value : String(value));
  }
}
