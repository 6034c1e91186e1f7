import { Code, ConnectError } from "@connectrpc/connect";
import { type Encoding, encodings } from "./encodings.ts";

/** Clients send the same few values over and over; the bound keeps one that does not from filling memory. */
const maxCached = 256;
const acceptedCache = new Map<string, Encoding | undefined>();
const acceptable = encodings.map(({ name }) => name).join(",");

/**
 * A content coding by the name this server knows it by: HTTP's are the same in any case, and `x-gzip` is gzip (RFC 9110
 * section 8.4.1). The encodings of gRPC and of Connect's streams are no content codings.
 */
export function contentCoding(name: string | undefined): string | undefined {
  const lower = name?.toLowerCase();
  return lower === "x-gzip" ? "gzip" : lower;
}

/** The encoding of this name; undefined for none, and for one unknown. */
export function knownEncoding(name: string | undefined): Encoding | undefined {
  return name === undefined ? undefined : encodings.find(encoding => encoding.name === name);
}

/**
 * The encoding of a request's messages; undefined for none. Throws UNIMPLEMENTED where it is unknown, after putting
 * those that are known into the reply's `acceptHeader`: an error's own metadata may not carry it.
 */
export function requestEncoding(name: string | undefined, acceptHeader: string, reply: Headers): Encoding | undefined {
  if (name === undefined || name === "identity") return undefined;
  const found = knownEncoding(name);
  if (found) return found;
  reply.set(acceptHeader, acceptable);
  const text = `unknown compression "${name}": supported encodings are ${acceptable}`;
  throw new ConnectError(text, Code.Unimplemented);
}

/** The encoding for replies: the first one in the client's order that is known; where it states none, the request's. */
export function responseEncoding(accepted: string | undefined, request: Encoding | undefined): Encoding | undefined {
  if (accepted === undefined || accepted === "") return request;
  if (acceptedCache.has(accepted)) return acceptedCache.get(accepted);
  const found = firstKnown(accepted);
  if (acceptedCache.size < maxCached) acceptedCache.set(accepted, found);
  return found;
}

/** `Accept-Encoding` may carry weights (RFC 9110 section 12.5.3); only "not this one" matters here. */
function firstKnown(accepted: string): Encoding | undefined {
  for (const item of accepted.split(",")) {
    const [name, ...parameters] = item.split(";").map(part => part.trim());
    if (parameters.some(parameter => /^q=0(\.0*)?$/i.test(parameter))) continue;
    const found = encodings.find(encoding => encoding.name === name);
    if (found) return found;
  }
  return undefined;
}
