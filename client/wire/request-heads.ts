import { Code, ConnectError } from "@connectrpc/connect";
import type { Stream } from "../../http2/stream.ts";
import type { StreamEvents } from "../../http2/stream-events.ts";
import { type Encoding, encodings } from "../../protocol/encodings.ts";
import { type Fields, Metadata } from "../../protocol/metadata.ts";
import { timeoutHeader } from "../../protocol/timeout.ts";
import type { WireFormat } from "../../protocol/wire-format.ts";
import type { HeaderFields } from "../options.ts";
import type { Protocol } from "../protocol.ts";
import type { CallLink } from "./connections/link.ts";

/** What servers are told of the client. */
const userAgent = "concierge-wire/0.1.0";

/** The most that each header can say: eight digits for gRPC, ten for Connect. */
const maxTimeoutMs = { grpc: 99_999_999, "grpc-web": 99_999_999, connect: 9_999_999_999 } as const;

/** Callers name few timeouts; the bound keeps one that names many from filling memory. */
const maxKnownTimeouts = 16;

/** Fields that belong to a connection (RFC 9113 section 8.2.2). */
const connectionFields = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** A request as far as its head tells of it. */
export interface RequestHeadParts {
  readonly requestMethod: string;
  readonly url: string;
  readonly header: Headers;
}

/** What the heads of a method's requests depend on. */
export interface MethodForm {
  readonly url: string;
  readonly protocol: Protocol;
  readonly format: WireFormat;
  readonly encoding: Encoding | undefined;
}

/** The fields of a timeout, as metadata and as a list. */
interface Timed {
  readonly fields: Fields;
  readonly more: readonly string[] | undefined;
}

/** The heads of a method's requests: most of each is the same list, which the connection's encoder then knows. */
export class RequestHeads {
  readonly #url: string;
  readonly #protocol: Protocol;
  readonly #scheme: string;
  readonly #authority: string;
  /** What each request of the method has, and how many fields that are. */
  readonly #fields: Readonly<Record<string, string>>;
  readonly #count: number;
  readonly #list: readonly string[];
  /** The same for servers that are called by another name, by that name. */
  readonly #lists = new Map<string, readonly string[]>();
  readonly #timed = new Map<number | undefined, Timed>();
  #last: Timed;

  constructor({ url, protocol, format, encoding }: MethodForm, authority: string | undefined) {
    const { protocol: scheme, host } = new URL(url);
    this.#url = url;
    this.#protocol = protocol;
    this.#scheme = scheme.slice(0, -1);
    this.#authority = authority ?? host;
    this.#fields = fieldsOfFormat(format, encoding);
    this.#count = Object.keys(this.#fields).length;
    this.#list = this.#usual(this.#authority);
    this.#last = { fields: this.#fields, more: undefined };
    this.#timed.set(undefined, this.#last);
  }

  /**
   * The headers of a call as interceptors see them. The protocol's own win over the caller's but for `user-agent`. The
   * timeout is in milliseconds, undefined for none.
   */
  header(timeoutMs: number | undefined, own: HeaderFields | undefined): Headers {
    const timed = this.#timedFor(timeoutMs);
    const metadata = new Metadata(timed.fields);
    if (own === undefined) return metadata;
    const headers = own instanceof Headers ? own : new Headers(own);
    headers.forEach((value, name) => {
      if (name === "set-cookie") metadata.append(name, value);
      else if (!(name in timed.fields) || name === "user-agent") metadata.set(name, value);
    });
    return metadata;
  }

  #timedFor(timeoutMs: number | undefined): Timed {
    let timed = this.#timed.get(timeoutMs);
    if (timed === undefined && timeoutMs !== undefined) {
      const name = timeoutHeader(this.#protocol);
      const ms = Math.min(Math.ceil(timeoutMs), maxTimeoutMs[this.#protocol]);
      const value = name === "grpc-timeout" ? `${ms}m` : String(ms);
      timed = { fields: { ...this.#fields, [name]: value }, more: [name, value] };
      if (this.#timed.size < maxKnownTimeouts) this.#timed.set(timeoutMs, timed);
    }
    this.#last = timed ?? this.#last;
    return this.#last;
  }

  /** Opens a request's stream. Throws INVALID_ARGUMENT for a header that HTTP/2 cannot carry. */
  open(link: CallLink, request: RequestHeadParts, events: StreamEvents, end: boolean): Stream {
    const { header, url, requestMethod } = request;
    const { authority } = link;
    const fields = header instanceof Metadata ? header.fields : fieldsOf(header);
    if (url === this.#url && requestMethod === "POST") {
      const list = authority === undefined ? this.#list : this.#listFor(authority);
      if (fields === this.#last.fields) return link.open(list, events, this.#last.more, end);
      const more = this.#beyond(fields);
      if (more !== undefined) return link.open(list, events, more, end);
    }
    const head = this.#pseudo(requestMethod, url, authority ?? this.#authority);
    return link.open([...head, ...listOf(fields)], events, undefined, end);
  }

  #listFor(authority: string): readonly string[] {
    let list = this.#lists.get(authority);
    if (list === undefined) {
      list = this.#usual(authority);
      this.#lists.set(authority, list);
    }
    return list;
  }

  #usual(authority: string): readonly string[] {
    return Object.freeze([...this.#pseudo("POST", this.#url, authority), ...Object.entries(this.#fields).flat()]);
  }

  /** The fields beyond those that each request has; undefined where some of these are missing or others. */
  #beyond(fields: Fields): string[] | undefined {
    const more: string[] = [];
    let count = 0;
    for (const name in fields) {
      const value = fields[name];
      const usual = this.#fields[name];
      if (usual === undefined) add(more, name, value);
      else if (usual === value) count++;
      else return undefined;
    }
    return count === this.#count ? more : undefined;
  }

  #pseudo(method: string, url: string, authority: string): string[] {
    const { pathname, search } = new URL(url);
    return [
      ...[":method", method, ":scheme", this.#scheme],
      ...[":authority", authority, ":path", `${pathname}${search}`],
    ];
  }
}

/** The fields by which a protocol says what a request is, https://connectrpc.com/docs/protocol and gRPC's PROTOCOL-HTTP2.md. */
function fieldsOfFormat(format: WireFormat, encoding: Encoding | undefined): Record<string, string> {
  const { protocol, contentType, enveloped, encodingHeader, acceptEncodingHeader } = format;
  return {
    "content-type": contentType,
    "user-agent": userAgent,
    ...(protocol === "grpc" && { te: "trailers" }),
    ...(protocol === "grpc-web" && { "x-grpc-web": "1", "x-user-agent": userAgent }),
    ...(protocol === "connect" && { "connect-protocol-version": "1" }),
    [acceptEncodingHeader]: encodings.map(({ name }) => name).join(","),
    // Connect's unary calls state it where the message is compressed.
    ...(encoding && enveloped && { [encodingHeader]: encoding.name }),
  };
}

function fieldsOf(header: Headers): Fields {
  const fields: Fields = {};
  header.forEach((value, name) => {
    fields[name] = name === "set-cookie" ? header.getSetCookie() : value;
  });
  return fields;
}

function listOf(fields: Fields): string[] {
  const list: string[] = [];
  for (const name in fields) add(list, name, fields[name]);
  return list;
}

function add(list: string[], name: string, value: Fields[string]): void {
  // Not the caller's to say: HTTP/2 has frames and pseudo-headers for these.
  if (value === undefined || name === "host" || name === "content-length") return;
  if (connectionFields.has(name)) {
    throw new ConnectError(`header "${name}" belongs to a connection and cannot be sent`, Code.InvalidArgument);
  }
  if (typeof value === "string") list.push(name, value);
  else for (const item of value) list.push(name, item);
}
