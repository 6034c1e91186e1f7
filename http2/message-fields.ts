import { isFieldValue, isLowerToken, parseLength } from "./field-syntax.ts";

/** The fields of a message by lower-case name; `set-cookie` is an array. It inherits nothing. */
export type HeaderRecord = Record<string, string | string[] | undefined>;

/** Why a message is malformed (RFC 9113 section 8.1.1), which is a stream error of type PROTOCOL_ERROR. */
export type Malformed = string;

/** What a message holds beside its pseudo-headers. */
export interface MessageFields {
  readonly headers: Readonly<HeaderRecord>;
  /** Bytes of the body as `content-length` states them; undefined where it does not. */
  readonly contentLength: number | undefined;
}

/** Trailers as they came; they have no pseudo-headers (RFC 9113 section 8.1). */
export interface Trailers {
  readonly headers: Readonly<HeaderRecord>;
  readonly rawHeaders: readonly string[];
}

/**
 * Makes records that inherit nothing and whose properties V8 keeps in order: `Object.create(null)` makes a hash table, which
 * takes twice as long to fill.
 */
const EmptyRecord = class {} as unknown as new () => HeaderRecord;
Object.setPrototypeOf(EmptyRecord.prototype, null);
delete (EmptyRecord.prototype as { constructor?: unknown }).constructor;
Object.freeze(EmptyRecord.prototype);

/** Fields that belong to a connection; HTTP/2 says by frames what they said (RFC 9113 section 8.2.2). */
const connectionFields = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Fields of which the first counts where they are repeated, as in `node:http2`; others are joined by commas. */
const singleFields = new Set(
  `access-control-allow-credentials access-control-max-age access-control-request-method age authorization
  content-encoding content-language content-length content-location content-md5 content-range content-type date dnt etag
  expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location
  max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent
  x-content-type-options`.split(/\s+/),
);

/** Reads the fields from `start` on, behind the pseudo-headers; returns why they are malformed where they are. */
export function readFields(fields: readonly string[], start: number): MessageFields | Malformed {
  const headers = new EmptyRecord();
  let contentLength: number | undefined;
  for (let i = start; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    const problem = problemOf(name, value);
    if (problem !== undefined) return problem;
    if (name === "content-length") {
      // RFC 9110 section 8.6 lets equal ones pass for one; who sends them is best not trusted with a length.
      if (contentLength !== undefined) return "content-length is repeated";
      contentLength = parseLength(value);
      if (contentLength < 0) return `content-length "${value}" is no length`;
    }
    const earlier = headers[name];
    if (earlier !== undefined) {
      if (name === "host") return "host is repeated";
      headers[name] = joined(name, earlier, value);
    } else headers[name] = name === "set-cookie" ? [value] : value;
  }
  return { headers, contentLength };
}

/** Reads trailers; returns why they are malformed where they are. Their `content-length`, which says nothing, is a field. */
export function parseTrailers(rawHeaders: readonly string[]): Trailers | Malformed {
  const read = readFields(rawHeaders, 0);
  return typeof read === "string" ? read : { headers: read.headers, rawHeaders };
}

/** RFC 9113 sections 8.2.1 and 8.2.2. */
function problemOf(name: string, value: string): Malformed | undefined {
  if (!isLowerToken(name)) {
    if (name.charCodeAt(0) !== 0x3a) return `"${name}" is no field name`;
    return `${name} is unknown, repeated or behind a field`;
  }
  if (!isFieldValue(value)) return `the value of ${name} holds a control character, or blanks at its ends`;
  if (connectionFields.has(name)) return `${name} belongs to a connection`;
  if (name === "te" && value.toLowerCase() !== "trailers") return `te is "${value}", and may only be "trailers"`;
  return undefined;
}

/** Cookies are joined as one (RFC 9113 section 8.2.3), other fields as RFC 9110 section 5.2 says. */
function joined(name: string, earlier: string | string[], value: string): string | string[] {
  if (typeof earlier !== "string") return [...earlier, value];
  if (name === "cookie") return `${earlier}; ${value}`;
  return singleFields.has(name) ? earlier : `${earlier}, ${value}`;
}
