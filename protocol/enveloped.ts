import type { Message } from "@bufbuild/protobuf";
import { ByteTarget } from "./byte-target.ts";
import type { Codec } from "./codec.ts";
import { envelop, prefixBytes, writePrefix } from "./envelope.ts";
import { encodedForms } from "./pre-encode.ts";

/** What marked messages keep their bytes with a prefix under. */
const enveloped = {
  proto: "proto, enveloped",
  json: "json, enveloped",
  lines: "lines, enveloped",
  events: "events, enveloped",
} as const satisfies Record<Codec["name"], string>;

/** Where messages are written that are sent one by one. */
const single = new ByteTarget();

/** Appends an uncompressed message with its prefix. Returns false, and has appended nothing, where the codec cannot. */
export function appendEnveloped(codec: Codec, message: Message, target: ByteTarget): boolean {
  const start = target.length;
  target.skip(prefixBytes);
  if (codec.append === undefined || !codec.append(message, target)) {
    target.length = start;
    return false;
  }
  const length = target.length - start - prefixBytes;
  writePrefix(target.bytes, target.at - length - prefixBytes, 0, length);
  return true;
}

/** An uncompressed message with its prefix, which is written once where the codec can. Throws what the codec throws. */
export function serializeEnveloped(codec: Codec, message: Message): Uint8Array {
  return appendEnveloped(codec, message, single) ? single.take() : envelop(0, codec.serialize(message));
}

/** An uncompressed message with its prefix, made once where it is marked by `preEncode`; undefined where it is not. */
export function sharedEnvelope(codec: Codec, message: Message): Uint8Array | undefined {
  const forms = encodedForms(message);
  if (forms === undefined) return undefined;
  const known = forms.get(enveloped[codec.name]);
  if (known !== undefined) return known as Uint8Array;
  const bytes = envelop(0, codec.serialize(message));
  forms.set(enveloped[codec.name], bytes);
  return bytes;
}
