import {
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Registry,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import type { Encoding } from "../call/call-record.ts";

/** Encodes a message that is given in Protobuf JSON. Throws where it is none of its type; the text names the field. */
export function encodeMessage(desc: DescMessage, json: JsonValue, encoding: Encoding, registry: Registry): Uint8Array {
  const message = fromJson(desc, json, { registry });
  if (encoding === "proto") return toBinary(desc, message);
  return new TextEncoder().encode(JSON.stringify(toJson(desc, message, { registry })));
}

/** Decodes a message into Protobuf JSON. Throws where the bytes are none of its type. */
export function decodeMessage(desc: DescMessage, bytes: Uint8Array, encoding: Encoding, registry: Registry): JsonValue {
  if (encoding === "proto") return toJson(desc, fromBinary(desc, bytes), { registry });
  return JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
}
