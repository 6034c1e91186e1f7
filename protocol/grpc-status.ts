import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, base64Encode, WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { findTrailerError, mergeNonProtocolHeaders } from "./connect-internals.ts";
import type { Metadata } from "./metadata.ts";
import { errorText, maxDetailsBytes } from "./wire-error.ts";

/** Puts an error into gRPC trailers: its metadata, `grpc-status`, `grpc-message` and `grpc-status-details-bin`. */
export function setGrpcStatus(trailer: Metadata, error: ConnectError): void {
  // What a call to another server came back with is not passed on.
  if (!(error as { isWireError?: boolean }).isWireError) mergeNonProtocolHeaders(trailer, error.metadata);
  const text = errorText(error);
  trailer.set("grpc-status", String(error.code));
  trailer.set("grpc-message", percentEncode(text));
  if (error.details.length === 0) return;
  const details = encodeStatus(error, text);
  if (details.length <= maxDetailsBytes) trailer.set("grpc-status-details-bin", base64Encode(details, "std_raw"));
}

/**
 * Encodes a text for `grpc-message`: printable ASCII but "%" stays as it is, as some clients decode no more than they
 * must. Blanks at either end are no part of a header's value (RFC 9110 section 5.5). The text must be well-formed. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Percent-Encoded".
 */
export function percentEncode(text: string): string {
  return text.replace(/[^\x20-\x7e]|%|^ +| +$/gu, encodeURIComponent);
}

/**
 * Decodes what {@link percentEncode} made. What is no encoding stays as it is, and bytes that are no UTF-8 become U+FFFD: the
 * text of an error must not hide the error.
 */
export function percentDecode(value: string): string {
  if (!value.includes("%")) return value;
  const bytes = value.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/**
 * The error that gRPC trailers tell of, with them as its metadata; undefined where they tell of none. Details that cannot be
 * read are left out.
 */
export function grpcStatusOf(trailer: Headers): ConnectError | undefined {
  const status = trailer.get("grpc-status");
  if (trailer.has("grpc-status-details-bin")) {
    try {
      const error = findTrailerError(trailer);
      if (error !== undefined) return error;
    } catch {
      // The other two fields say what matters.
    }
  }
  if (status === null || status === "0") return undefined;
  const code = Number(status);
  const error =
    code in Code
      ? new ConnectError(percentDecode(trailer.get("grpc-message") ?? ""), code, trailer)
      : new ConnectError(`invalid grpc-status: ${status}`, Code.Internal, trailer);
  error.isWireError = true;
  return error;
}

/** `google.rpc.Status`: code 1, message 2, repeated details 3. */
function encodeStatus(error: ConnectError, text: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(error.code);
  writer.tag(2, WireType.LengthDelimited).string(text);
  for (const detail of error.details) {
    const typeName = "desc" in detail ? detail.desc.typeName : detail.type;
    const value = "desc" in detail ? toBinary(detail.desc, create(detail.desc, detail.value)) : detail.value;
    writer.tag(3, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(`type.googleapis.com/${typeName}`);
    writer.tag(2, WireType.LengthDelimited).bytes(value).join();
  }
  return writer.finish();
}
