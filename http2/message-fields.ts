import { isFieldValue, isLowerToken, parseLength } from "./field-syntax.ts";
import { staticNames } from "./hpack/static-table.ts";

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

/** Makes a record for fields. */
export function createRecord(): HeaderRecord {
  return new EmptyRecord();
}

/** Fields with rules of their own, and `plain` for others. */
type Kind = "plain" | "connection" | "te" | "content-length" | "host" | "set-cookie";

/** Fields that belong to a connection; HTTP/2 says by frames what they said (RFC 9113 section 8.2.2). */
const connectionFields = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/** Names that come so often that to find them here is cheaper than to look at each character. */
const commonFields = [
  ...staticNames.filter(isLowerToken),
  ...["grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "grpc-status", "grpc-message", "x-request-id"],
  ...["connect-timeout-ms", "connect-protocol-version", "traceparent", "tracestate", "x-forwarded-for"],
];

const kinds = new Map<string, Kind>([
  ...commonFields.map(name => [name, "plain"] as const),
  ...connectionFields.map(name => [name, "connection"] as const),
  ...(["te", "content-length", "host", "set-cookie"] as const).map(name => [name, name] as const),
]);

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
  const headers = createRecord();
  let contentLength: number | undefined;
  for (let i = start; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    const kind = kinds.get(name) ?? (isLowerToken(name) ? "plain" : undefined);
    if (kind === undefined) return problemOfName(name);
    if (!isFieldValue(value)) return `the value of ${name} holds a control character, or blanks at its ends`;
    const earlier = headers[name];
    if (kind !== "plain") {
      const problem = problemOf(kind, name, value, earlier !== undefined);
      if (problem !== undefined) return problem;
      if (kind === "content-length") contentLength = parseLength(value);
    }
    if (earlier !== undefined) headers[name] = joined(name, earlier, value);
    else headers[name] = kind === "set-cookie" ? [value] : value;
  }
  return { headers, contentLength };
}

/** Reads trailers; returns why they are malformed where they are. */
export function parseTrailers(rawHeaders: readonly string[]): Trailers | Malformed {
  const read = readFields(rawHeaders, 0);
  return typeof read === "string" ? read : { headers: read.headers, rawHeaders };
}

/** RFC 9113 sections 8.2.1 and 8.3. */
function problemOfName(name: string): Malformed {
  return name.startsWith(":") ? `${name} is unknown, repeated or behind a field` : `"${name}" is no field name`;
}

function problemOf(kind: Kind, name: string, value: string, repeated: boolean): Malformed | undefined {
  if (kind === "connection") return `${name} belongs to a connection`;
  if (kind === "te" && value.toLowerCase() !== "trailers") return `te is "${value}", and may only be "trailers"`;
  // RFC 9110 section 8.6 lets equal lengths pass for one; who sends two is best not trusted with either.
  if (repeated && (kind === "content-length" || kind === "host")) return `${name} is repeated`;
  if (kind === "content-length" && parseLength(value) < 0) return `content-length "${value}" is no length`;
  return undefined;
}

/** Cookies are joined as one (RFC 9113 section 8.2.3), other fields as RFC 9110 section 5.2 says. */
function joined(name: string, earlier: string | string[], value: string): string | string[] {
  if (typeof earlier !== "string") return [...earlier, value];
  if (name === "cookie") return `${earlier}; ${value}`;
  return singleFields.has(name) ? earlier : `${earlier}, ${value}`;
}
