import type { ConnectError } from "@connectrpc/connect";
import { mergeNonProtocolHeaders } from "../../protocol/connect-internals.ts";
import { endStreamFlag, envelop, trailerFlag } from "../../protocol/envelope.ts";
import { setGrpcStatus } from "../../protocol/grpc-status.ts";
import type { Metadata } from "../../protocol/metadata.ts";
import { connectErrorJson } from "../../protocol/wire-error.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import type { Exchange } from "./exchange.ts";

/** Ends a reply of enveloped messages: writes the last of them, and how the call went, each protocol in its own way. */
export function endReply(
  exchange: Exchange,
  protocol: ProtocolName,
  trailer: Metadata,
  last: Uint8Array | undefined,
  error: ConnectError | undefined,
): void {
  if (protocol === "connect") {
    exchange.end(join(last, connectEnd(trailer, error)));
    return;
  }
  if (error) setGrpcStatus(trailer, error);
  if (protocol === "grpc-web") exchange.end(join(last, webTrailer(trailer)));
  else exchange.end(last, trailer.fields);
}

/**
 * Answers with an error alone. In gRPC that is one block of headers, which clients read as trailers ("Trailers-Only" in
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): some show no other headers of a call that failed.
 */
export function replyErrorAlone(
  exchange: Exchange,
  protocol: ProtocolName,
  header: Metadata,
  trailer: Metadata,
  error: ConnectError,
): void {
  if (protocol !== "grpc") {
    exchange.head(200, header.fields, false);
    endReply(exchange, protocol, trailer, undefined, error);
    return;
  }
  setGrpcStatus(trailer, error);
  for (const [name, value] of trailer) header.append(name, value);
  exchange.headAlone(200, header.fields);
}

/** https://connectrpc.com/docs/protocol#streaming-response, EndStreamResponse. */
function connectEnd(trailer: Metadata, error: ConnectError | undefined): Uint8Array {
  if (error && !(error as { isWireError?: boolean }).isWireError) mergeNonProtocolHeaders(trailer, error.metadata);
  const metadata: Record<string, string[]> = {};
  for (const [key, value] of trailer) {
    metadata[key] ??= [];
    metadata[key].push(value);
  }
  const end: { error?: unknown; metadata?: unknown } = {};
  if (error) end.error = connectErrorJson(error);
  if (Object.keys(metadata).length > 0) end.metadata = metadata;
  return envelop(endStreamFlag, Buffer.from(JSON.stringify(end)));
}

const okTrailer = envelop(trailerFlag, Buffer.from("grpc-status: 0\r\n"));
const okEntries = 1;

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md: trailers as an HTTP/1.1 header block in a last frame. */
function webTrailer(trailer: Metadata): Uint8Array {
  const { fields } = trailer;
  if (fields["grpc-status"] === "0" && Object.keys(fields).length === okEntries) return okTrailer;
  let block = "";
  for (const [key, value] of trailer) block += `${key}: ${value}\r\n`;
  return envelop(trailerFlag, Buffer.from(block, "latin1"));
}

function join(last: Uint8Array | undefined, end: Uint8Array): Uint8Array {
  return last === undefined ? end : Buffer.concat([last, end]);
}
