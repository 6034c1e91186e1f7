import { isAuthority, isPrintable, isToken, isVisible, parseLength } from "../../http2/field-syntax.ts";
import { createRecord } from "../../http2/message-fields.ts";
import type { RequestHead } from "../../http2/request-head.ts";

/** Bytes of a head, its empty line included: as many as node:http is told to take. */
export const maxHeadBytes = 16_384;

/** Lines of a head behind its first. */
const maxFields = 64;

/** Digits of a body's length: 10 GB are more than any RPC's. */
const maxLengthDigits = 10;

/** What is served, each with the blank behind it. */
const methods = ["POST ", "GET "] as const;
const version = " HTTP/1.1";
const lineEnd = "\r\n";

/** What {@link findHeadEnd} finds in place of an end: bytes that are still to come, or that are no head of ours. */
export const unfinished = -1;
export const foreign = -2;

/** What fields say that this parser goes by; `foreign` ones say what is node:http's to know. */
type Kind = "plain" | "host" | "content-type" | "content-length" | "connection" | "foreign";

/**
 * Fields that change how a request is read or answered: whoever sends one is served by node:http, which knows them all, or
 * drops them as it does the last. By `origin` and the prefix browsers name themselves, and the host has rules for them.
 */
const foreignFields = [
  ...["transfer-encoding", "expect", "upgrade", "te", "trailer", "proxy-connection", "keep-alive", "origin"],
  "__proto__",
];
const foreignPrefix = "sec-fetch-";

/** Field names as clients write them, so that most need no look at each character. */
const commonFields = [
  ...[
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "content-encoding",
    "user-agent",
    "x-request-id",
  ],
  ...["connect-protocol-version", "connect-timeout-ms", "connect-accept-encoding", "traceparent", "tracestate"],
  ...["x-user-agent", "x-grpc-web", "grpc-timeout", "x-forwarded-for", "x-forwarded-proto"],
];

interface FieldName {
  readonly lower: string;
  readonly kind: Kind;
}

const knownNames = new Map<string, FieldName>();
const ruledFields = ["host", "content-type", "content-length", "connection"] as const;
for (const lower of commonFields) know({ lower, kind: "plain" });
for (const lower of ruledFields) know({ lower, kind: lower });
for (const lower of foreignFields) know({ lower, kind: "foreign" });

function know(name: FieldName): void {
  knownNames.set(name.lower, name);
  knownNames.set(
    name.lower.replaceAll(/(?<![a-z])[a-z]/g, letter => letter.toUpperCase()),
    name,
  );
}

/**
 * Finds the end of the head that the bytes begin with, one after its empty line. Of `searched` bytes it is known that they
 * hold none.
 *
 * Returns {@link foreign} as soon as it is certain that this is no head of ours, by its method, its size or a bare LF.
 */
export function findHeadEnd(bytes: Buffer, searched: number): number {
  if (!methods.some(method => mayBegin(bytes, method))) return foreign;
  const from = Math.max(0, searched - 3);
  const empty = bytes.indexOf("\r\n\r\n", from, "latin1");
  if (empty >= 0) return empty + 4 > maxHeadBytes ? foreign : empty + 4;
  if (bytes.length > maxHeadBytes) return foreign;
  // Such a head may end without an empty line of ours, and would be waited for in vain.
  for (let lf = bytes.indexOf(0x0a, from); lf >= 0; lf = bytes.indexOf(0x0a, lf + 1)) {
    if (bytes[lf - 1] !== 0x0d) return foreign;
  }
  return unfinished;
}

/** Whether the bytes, or those that are still to come, begin with this. */
function mayBegin(bytes: Buffer, text: string): boolean {
  for (let i = 0; i < text.length && i < bytes.length; i++) {
    if (bytes[i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/**
 * Parses the head of a plain request over HTTP/1.1: a POST with a body of a stated length and type, or a GET with none.
 * Returns undefined for all others, which may be good or bad: that is node:http's to say.
 *
 * Of RFC 9112 it knows the part that nobody reads in two ways: one blank between the parts of the first line, lines that
 * end in CRLF, a colon right behind a name (section 5.1), printable values on one line (5.2), no name twice, `host`,
 * `content-type` and `content-length` once each (3.2, 6.3), no `transfer-encoding` (6.1).
 */
export function parseHead(text: string, scheme: "http" | "https"): RequestHead | undefined {
  let at = text.indexOf(lineEnd);
  const start = methods.find(method => text.startsWith(method));
  if (start === undefined || !text.endsWith(version, at)) return undefined;
  const path = text.slice(start.length, at - version.length);
  if (path.charCodeAt(0) !== 0x2f || !isVisible(path)) return undefined;
  const headers = createRecord();
  const rawHeaders: string[] = [];
  let contentLength = -1;
  for (at += 2; at < text.length - 2; ) {
    const end = text.indexOf(lineEnd, at);
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon > end) return undefined;
    const rawName = text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    const name = knownNames.get(rawName) ?? otherName(rawName);
    if (name === undefined || !isPrintable(value) || headers[name.lower] !== undefined) return undefined;
    if (name.kind === "content-length") contentLength = value.length > maxLengthDigits ? -1 : parseLength(value);
    else if (name.kind !== "plain" && !fits(name.kind, value)) return undefined;
    headers[name.lower] = value;
    rawHeaders.push(rawName, value);
    at = end + 2;
  }
  const { host: authority, "content-type": type, "content-length": length } = headers as Record<string, string>;
  if (authority === undefined || rawHeaders.length > 2 * maxFields) return undefined;
  const head = { path, scheme, authority, headers, rawHeaders, route: undefined };
  if (start === "POST ") {
    return contentLength < 0 || type === undefined ? undefined : { ...head, method: "POST", contentLength };
  }
  return length === undefined ? { ...head, method: "GET", contentLength: undefined } : undefined;
}

function otherName(rawName: string): FieldName | undefined {
  if (!isToken(rawName)) return undefined;
  const lower = rawName.toLowerCase();
  // A rare way to write a known name.
  return knownNames.get(lower) ?? { lower, kind: lower.startsWith(foreignPrefix) ? "foreign" : "plain" };
}

/** Whether a field with a rule keeps to it. */
function fits(kind: Kind, value: string): boolean {
  if (kind === "host") return isAuthority(value);
  if (kind === "connection") return value.toLowerCase() === "keep-alive";
  return kind === "content-type" && value !== "";
}

/** A value without the blanks around it (RFC 9112 section 5). A tab is left, and is no printable character. */
function trimmed(text: string, start: number, end: number): string {
  while (start < end && text.charCodeAt(start) === 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) === 0x20) end--;
  return text.slice(start, end);
}
