import type { JsonValue, Registry } from "@bufbuild/protobuf";
import { BinaryReader, base64Decode, WireType } from "@bufbuild/protobuf/wire";
import type { End, ErrorDetail, Headers } from "./call-record.ts";
import { createDetail } from "./error-details.ts";

/** How a call ended, without the time. */
export type Status = Pick<End, "code" | "message" | "details">;

/** The codes of gRPC by their numbers, as Connect writes them: https://connectrpc.com/docs/protocol#error-codes */
const codeNames = [
  "ok",
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

/** What a status of HTTP stands for where nothing else says so: https://connectrpc.com/docs/protocol#http-to-error-code */
const codesOfHttp: Readonly<Record<number, string>> = {
  400: "internal",
  401: "unauthenticated",
  403: "permission_denied",
  404: "unimplemented",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

export const okStatus: Status = { code: "ok", message: "", details: [] };

/** A status without details. */
export function failure(code: string, message: string): Status {
  return { code, message, details: [] };
}

/** The status of a reply that is none of its protocol: a proxy's page, or a path that nobody serves. */
export function httpFailure(status: number): Status {
  return failure(codesOfHttp[status] ?? "unknown", `HTTP ${status}`);
}

/** An error in Connect's JSON; undefined where it is none. */
export function connectStatus(json: JsonValue | undefined, registry: Registry): Status | undefined {
  if (!isObject(json) || typeof json.code !== "string") return undefined;
  const details = Array.isArray(json.details) ? json.details.filter(isObject) : [];
  return {
    code: json.code,
    message: textOf(json.message),
    details: details.map(({ type, value }) => createDetail(textOf(type), decodeBase64(textOf(value)), registry)),
  };
}

/** An error in plain HTTP's JSON (AIP-193), whose details are JSON; undefined where it is none. */
export function restStatus(json: JsonValue | undefined): Status | undefined {
  if (!isObject(json) || !isObject(json.error)) return undefined;
  const { status, message, details } = json.error;
  const listed = Array.isArray(details) ? details.filter(isObject) : [];
  return {
    code: textOf(status).toLowerCase() || "unknown",
    message: textOf(message),
    details: listed.map(({ "@type": type, ...rest }) => ({
      type: textOf(type).replace(/^.*\//, ""),
      value: new Uint8Array(),
      json: rest,
    })),
  };
}

/** What trailers of gRPC say; undefined where they have no status. */
export function grpcStatus(fields: Headers, registry: Registry): Status | undefined {
  const field = (name: string) => fields.find(([each]) => each === name)?.[1];
  const number = field("grpc-status");
  if (number === undefined) return undefined;
  const code = codeNames[Number(number)] ?? "unknown";
  const message = percentDecode(field("grpc-message") ?? "");
  return { code, message, details: readDetails(field("grpc-status-details-bin"), registry) };
}

/** `google.rpc.Status`: repeated details 3, each a google.protobuf.Any. What cannot be read has no details. */
function readDetails(base64: string | undefined, registry: Registry): ErrorDetail[] {
  if (base64 === undefined) return [];
  const details: ErrorDetail[] = [];
  try {
    const reader = new BinaryReader(decodeBase64(base64));
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 3 && wireType === WireType.LengthDelimited) details.push(readAny(reader.bytes(), registry));
      else reader.skip(wireType, field);
    }
  } catch {
    return details;
  }
  return details;
}

/** google.protobuf.Any: type_url 1, value 2. */
function readAny(bytes: Uint8Array, registry: Registry): ErrorDetail {
  const reader = new BinaryReader(bytes);
  let type = "";
  let value = new Uint8Array();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) type = reader.string();
    else if (field === 2) value = new Uint8Array(reader.bytes());
    else reader.skip(wireType, field);
  }
  return createDetail(type.replace(/^.*\//, ""), value, registry);
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Percent-Encoded"; what is none stays as it is. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(base64Decode(text));
  } catch {
    return new Uint8Array();
  }
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
