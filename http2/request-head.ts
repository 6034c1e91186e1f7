import { isAuthority, isToken, isVisible } from "./field-syntax.ts";
import { type Malformed, type MessageFields, readFields } from "./message-fields.ts";

/** The head of a well-formed request. Requests of the same bytes may share one, so it must not be changed. */
export interface RequestHead extends MessageFields {
  readonly method: string;
  /** What `:path` holds: `/…`, or `*` for OPTIONS; empty for CONNECT. */
  readonly path: string;
  /** Empty for CONNECT. */
  readonly scheme: string;
  /** What `:authority` holds, or else `host`. */
  readonly authority: string;
  /** All fields as they came, pseudo-headers included. */
  readonly rawHeaders: readonly string[];
  /** What was found for this head, for whoever is given it again; undefined at first, and never set by the parser. */
  route: unknown;
}

/** RFC 3986 section 3.1. */
const validScheme = /^[a-z][a-z0-9+.-]*$/i;

/**
 * Reads the head of a request (RFC 9113 sections 8.2 and 8.3.1); returns why it is malformed where it is.
 *
 * Pseudo-headers are the four of a request, each once, in front of all fields. A request names one authority, in
 * `:authority`, in `host` or alike in both. CONNECT has no scheme and no path (section 8.5).
 */
export function parseRequestHead(rawHeaders: readonly string[]): RequestHead | Malformed {
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let named: string | undefined;
  let i = 0;
  // A pseudo-header that is unknown or repeated ends this loop, and is no field name after it.
  for (; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (name === ":method" && method === undefined) method = value;
    else if (name === ":path" && path === undefined) path = value;
    else if (name === ":scheme" && scheme === undefined) scheme = value;
    else if (name === ":authority" && named === undefined) named = value;
    else break;
  }
  const read = readFields(rawHeaders, i);
  if (typeof read === "string") return read;
  const problem = problemOfTarget(method, path, scheme);
  if (problem !== undefined) return problem;
  const authority = authorityOf(named, read.headers.host as string | undefined);
  if (authority === undefined) return "a request names one authority, without user information";
  return {
    method: method as string,
    path: path ?? "",
    scheme: scheme ?? "",
    authority,
    headers: read.headers,
    rawHeaders,
    contentLength: read.contentLength,
    route: undefined,
  };
}

function problemOfTarget(method?: string, path?: string, scheme?: string): Malformed | undefined {
  if (method === undefined) return ":method is missing";
  if (!isToken(method)) return ":method is no token";
  if (method === "CONNECT") {
    return path === undefined && scheme === undefined ? undefined : "CONNECT has no :path and no :scheme";
  }
  if (scheme === undefined) return ":scheme is missing";
  if (scheme !== "http" && scheme !== "https" && !validScheme.test(scheme)) return ":scheme is no scheme";
  if (path === undefined) return ":path is missing";
  const isPath = path.charCodeAt(0) === 0x2f ? isVisible(path) : path === "*" && method === "OPTIONS";
  return isPath ? undefined : ":path is no path";
}

/** The one authority of a request; undefined where it has none or two (RFC 9113 section 8.3.1, gRFC A41). */
function authorityOf(named: string | undefined, host: string | undefined): string | undefined {
  const authority = named ?? host;
  if (authority === undefined || !isAuthority(authority)) return undefined;
  return host === undefined || host.toLowerCase() === authority.toLowerCase() ? authority : undefined;
}
