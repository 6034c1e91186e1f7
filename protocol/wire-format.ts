/** The protocol a client speaks, as `HandlerContext.protocolName` gives it. */
export type ProtocolName = "grpc" | "grpc-web" | "connect" | "rest";

/** How the messages of a call are laid out: what a content type says. */
export interface WireFormat {
  readonly protocol: ProtocolName;
  /** Protobuf binary; otherwise Protobuf JSON. */
  readonly binary: boolean;
  /** Each message carries the five-byte prefix; only Connect unary has none. */
  readonly enveloped: boolean;
  /** The content type of the reply. */
  readonly contentType: string;
  /** The header that names the encoding of the messages it comes with. */
  readonly encodingHeader: string;
  /** The header that lists the encodings its sender understands. */
  readonly acceptEncodingHeader: string;
}

function format(protocol: ProtocolName, binary: boolean, contentType: string, enveloped = true): WireFormat {
  return {
    protocol,
    binary,
    enveloped,
    contentType,
    encodingHeader: encodingHeader(protocol, enveloped),
    acceptEncodingHeader: acceptEncodingHeader(protocol, enveloped),
  };
}

function encodingHeader(protocol: ProtocolName, enveloped: boolean): string {
  if (!enveloped) return "content-encoding";
  return protocol === "connect" ? "connect-content-encoding" : "grpc-encoding";
}

function acceptEncodingHeader(protocol: ProtocolName, enveloped: boolean): string {
  if (!enveloped) return "accept-encoding";
  return protocol === "connect" ? "connect-accept-encoding" : "grpc-accept-encoding";
}

/** The formats of Connect unary, which GET names by its `encoding` parameter. */
export const connectUnaryFormats = {
  proto: format("connect", true, "application/proto", false),
  json: format("connect", false, "application/json", false),
} as const;

const grpcProto = format("grpc", true, "application/grpc+proto");
const webProto = format("grpc-web", true, "application/grpc-web+proto");

const formats = new Map<string, WireFormat>([
  ["application/grpc", grpcProto],
  ["application/grpc+proto", grpcProto],
  ["application/grpc+json", format("grpc", false, "application/grpc+json")],
  ["application/grpc-web", webProto],
  ["application/grpc-web+proto", webProto],
  ["application/grpc-web+json", format("grpc-web", false, "application/grpc-web+json")],
  ["application/proto", connectUnaryFormats.proto],
  ["application/json", connectUnaryFormats.json],
  ["application/connect+proto", format("connect", true, "application/connect+proto")],
  ["application/connect+json", format("connect", false, "application/connect+json")],
]);

/** The formats of calls over plain HTTP: a message, or a stream of replies as lines or as events. */
export const restFormats = {
  json: format("rest", false, "application/json", false),
  lines: format("rest", false, "application/jsonl", false),
  events: format("rest", false, "text/event-stream; charset=utf-8", false),
} as const;

/** Every format that a content type names, once. */
export const allFormats: readonly WireFormat[] = [...new Set(formats.values())];

/** Parameters, RFC 9110 section 5.6.6: empty ones are allowed, values may be quoted. */
const parameter = /[\t ]*;[\t ]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)"))?/y;

/**
 * The format a `Content-Type` names, in any case and with any parameters (RFC 9110 section 8.3.1); undefined if none, or if
 * it is JSON in another charset than UTF-8.
 */
export function parseContentType(value: string): WireFormat | undefined {
  const exact = formats.get(value);
  if (exact) return exact;
  const end = value.search(/[\t ]*(?:;|$)/);
  const found = formats.get(value.slice(0, end).toLowerCase());
  const charset = charsetOf(value, end);
  if (found === undefined || charset === undefined) return undefined;
  return found.binary || /^utf-?8$/i.test(charset) ? found : undefined;
}

/** The charset that parameters from `start` on name, UTF-8 by default; undefined where they are malformed. */
function charsetOf(value: string, start: number): string | undefined {
  let charset = "utf-8";
  let at = start;
  while (at < value.length) {
    parameter.lastIndex = at;
    const match = parameter.exec(value);
    if (match === null) return /^[\t ]*$/.test(value.slice(at)) ? charset : undefined;
    const [, name, token, quoted] = match;
    if (name?.toLowerCase() === "charset") charset = token ?? quoted?.replace(/\\(.)/g, "$1") ?? "";
    at = parameter.lastIndex;
  }
  return charset;
}

/** Whether calls of a method may come in a format: Connect has one for unary calls, and another for streams. */
export function carries({ protocol, enveloped }: WireFormat, { unary }: { readonly unary: boolean }): boolean {
  return protocol !== "connect" || enveloped !== unary;
}
