import type { DescMessage } from "@bufbuild/protobuf";
import { compressedFlag, endStreamFlag, prefixBytes, trailerFlag } from "../../../../protocol/envelope.ts";
import type { Received, Sent, Trailers } from "../call/call-record.ts";
import { decodeJson } from "./decode-json.ts";
import { decodeMessage } from "./decode-message.ts";
import type { Region } from "./region.ts";

/** Regions of a message as it was on the wire, with its envelope where it has one. */
export function decodeFrame(
  frame: Pick<Sent | Received, "bytes" | "payloadAt" | "encoding">,
  desc: DescMessage,
): Region[] {
  const { bytes, payloadAt, encoding } = frame;
  const payload = bytes.subarray(payloadAt);
  const isCompressed = payloadAt > 0 && ((bytes[0] ?? 0) & compressedFlag) !== 0;
  if (isCompressed) {
    const value = `${payload.length} bytes`;
    return [
      ...decodeEnvelope(bytes),
      { kind: "unknown", start: payloadAt, end: bytes.length, label: "compressed message", value, path: undefined },
    ];
  }
  const regions = encoding === "json" ? decodeJson(payload, payloadAt) : decodeMessage(desc, payload, payloadAt);
  return payloadAt > 0 ? [...decodeEnvelope(bytes), ...regions] : regions;
}

/** Regions of the frame that ends a reply: a line a field in gRPC-Web, JSON in Connect. Nothing for trailers of HTTP. */
export function decodeEnd({ bytes }: Pick<Trailers, "bytes">): Region[] {
  if (bytes.length < prefixBytes) return [];
  const flags = bytes[0] ?? 0;
  const payload = bytes.subarray(prefixBytes);
  const regions = flags & endStreamFlag ? decodeJson(payload, prefixBytes) : decodeTrailer(payload, prefixBytes);
  // Its JSON is the protocol's own, not a message's.
  return [...decodeEnvelope(bytes), ...regions.map(region => ({ ...region, path: undefined }))];
}

/** The five bytes before a message: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message. */
function decodeEnvelope(bytes: Uint8Array): Region[] {
  const flags = bytes[0] ?? 0;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return [
    { kind: "flags", start: 0, end: 1, label: "envelope: flags", value: flagText(flags), path: undefined },
    {
      kind: "envelope-length",
      start: 1,
      end: prefixBytes,
      label: "envelope: length",
      value: `${length} bytes`,
      path: undefined,
    },
  ];
}

function flagText(flags: number): string {
  const names = [
    ...(flags & compressedFlag ? ["compressed"] : []),
    ...(flags & endStreamFlag ? ["end of the stream"] : []),
    ...(flags & trailerFlag ? ["trailers"] : []),
  ];
  return `0x${flags.toString(16).padStart(2, "0")}: ${names.join(", ") || "a message"}`;
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md: fields as HTTP/1.1 writes them. */
function decodeTrailer(bytes: Uint8Array, at: number): Region[] {
  const regions: Region[] = [];
  // A byte is a character, so that offsets are the same.
  const text = String.fromCharCode(...bytes.subarray(0, 0x8000));
  for (const { 0: line, index } of text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    const colon = line.indexOf(":");
    const label = colon > 0 ? line.slice(0, colon).trim() : "trailer";
    const value = line.slice(colon + 1).trim();
    regions.push({ kind: "text", start: at + index, end: at + index + line.length, label, value, path: undefined });
  }
  return regions;
}
