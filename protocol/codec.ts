import { isUtf8 } from "node:buffer";
import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type JsonReadOptions,
  type JsonWriteOptions,
  type Message,
  ScalarType,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ByteTarget } from "./byte-target.ts";
import { createCountBinary } from "./count-binary.ts";
import { createCountJson } from "./count-json.ts";
import { createEncodeBinary } from "./encode-binary.ts";
import { createEncodeJson } from "./encode-json.ts";
import { encodedForms } from "./pre-encode.ts";

/** What decoding may come to, in fields, list items, messages and values: some 30 ms and 30 MB at the most. */
export const maxElements = 262_144;

/** What an element weighs, in bytes: where messages have fewer of them, their bytes weigh more. */
const elementBytes = 16;

/** JSON up to here can be neither too much nor too deep to matter: it takes some ten microseconds. */
const smallJsonBytes = 4096;

/** Turns the messages of one RPC into bytes and back. */
export interface Codec {
  /** Throws INVALID_ARGUMENT, before it decodes what would be more than {@link maxElements} or nested too deeply, too. */
  parse(bytes: Uint8Array): Message;
  /**
   * What it is to decode a message, in bytes: its length, or what there is in it where that weighs more. Throws as `parse` does
   * where that is too much.
   */
  weigh(bytes: Uint8Array): number;
  /** Throws INTERNAL. */
  serialize(message: Message): Uint8Array;
  /** Writes a message behind others. Returns false, and has written nothing, where that is left to `serialize`. */
  append?(message: Message, target: ByteTarget): boolean;
  /** What marked messages keep their bytes under. */
  readonly name: "proto" | "json" | "lines" | "events";
}

/** Where messages are written one by one. */
const single = new ByteTarget();

/** Protobuf binary; unknown fields are kept only where they may be extensions. */
export function createBinaryCodec(input: DescMessage, output: DescMessage): Codec {
  // Fields of bytes are views of what they are read from, and a chunk must not live as long as the smallest of them.
  const copies = holdsBytes(input);
  const count = createCountBinary(input);
  const readOptions = { readUnknownFields: hasExtensions(input) };
  const encode = createEncodeBinary(output);
  return withForms({
    name: "proto",
    weigh: bytes => Math.max(bytes.length, elementBytes * count(bytes, maxElements)),
    parse(bytes) {
      // No element is smaller than a byte.
      if (bytes.length > maxElements) count(bytes, maxElements);
      try {
        return fromBinary(input, copies ? new Uint8Array(bytes) : bytes, readOptions);
      } catch (error) {
        throw new ConnectError(`parse binary: ${textOf(error)}`, Code.InvalidArgument);
      }
    },
    serialize(message) {
      try {
        return encode?.(message, single) ? single.take() : toBinary(output, message);
      } catch (error) {
        throw new ConnectError(`serialize binary: ${textOf(error)}`, Code.Internal);
      }
    },
    ...(encode && { append: encode }),
  });
}

/** Protobuf JSON; unknown fields are ignored. */
export function createJsonCodec(
  input: DescMessage,
  output: DescMessage,
  options?: Partial<JsonReadOptions & JsonWriteOptions>,
): Codec {
  const jsonOptions = { ...options, ignoreUnknownFields: options?.ignoreUnknownFields ?? true };
  const count = createCountJson(input);
  // It writes what protobuf-es does where nothing is asked of it.
  const encode = options === undefined ? createEncodeJson(output) : undefined;
  return withForms({
    name: "json",
    weigh: bytes => Math.max(bytes.length, elementBytes * count(bytes, maxElements)),
    parse(bytes) {
      // Decoded all the same, other bytes would be stored as U+FFFD.
      if (!isUtf8(bytes))
        throw new ConnectError("parse JSON: not valid UTF-8 (RFC 8259 section 8.1)", Code.InvalidArgument);
      if (bytes.length > smallJsonBytes) count(bytes, maxElements);
      try {
        return fromJsonString(input, utf8(bytes), jsonOptions);
      } catch (error) {
        throw ConnectError.from(error, Code.InvalidArgument);
      }
    },
    serialize(message) {
      try {
        return Buffer.from(encode?.(message) ?? toJsonString(output, message, jsonOptions));
      } catch (error) {
        throw ConnectError.from(error, Code.Internal);
      }
    },
  });
}

/** Makes a codec encode messages marked by `preEncode` once. */
export function withForms(codec: Codec): Codec {
  const { name, serialize, append } = codec;
  return {
    ...codec,
    ...(append && { append: (message, target) => encodedForms(message) === undefined && append(message, target) }),
    serialize(message) {
      const forms = encodedForms(message);
      if (forms === undefined) return serialize(message);
      let bytes = forms.get(name);
      if (bytes === undefined) {
        bytes = serialize(message);
        forms.set(name, bytes);
      }
      return bytes as Uint8Array;
    },
  };
}

function utf8(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  const text = Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
  // A byte order mark is no part of the text.
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a message of this type, or one within it, can be extended: extensions are read from among the unknown fields. */
function hasExtensions(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  const { proto, fields } = message;
  return proto.extensionRange.length > 0 || fields.some(field => field.message && hasExtensions(field.message, seen));
}

/** Whether a message of this type, or one within it, has a field of bytes. */
export function holdsBytes(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields.some(field => {
    return field.message ? holdsBytes(field.message, seen) : field.scalar === ScalarType.BYTES;
  });
}
