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
import { encodedForms } from "./pre-encode.ts";

/** Turns the messages of one RPC into bytes and back. */
export interface Codec {
  /** Throws INVALID_ARGUMENT. */
  parse(bytes: Uint8Array): Message;
  /** Throws INTERNAL. */
  serialize(message: Message): Uint8Array;
  /** What marked messages keep their bytes under. */
  readonly name: "proto" | "json" | "lines" | "events";
}

/** Protobuf binary. */
export function createBinaryCodec(input: DescMessage, output: DescMessage): Codec {
  // Fields of bytes are views of what they are read from, and a chunk must not live as long as the smallest of them.
  const copies = holdsBytes(input);
  return withForms({
    name: "proto",
    parse(bytes) {
      try {
        return fromBinary(input, copies ? new Uint8Array(bytes) : bytes);
      } catch (error) {
        throw new ConnectError(`parse binary: ${textOf(error)}`, Code.InvalidArgument);
      }
    },
    serialize(message) {
      try {
        return toBinary(output, message);
      } catch (error) {
        throw new ConnectError(`serialize binary: ${textOf(error)}`, Code.Internal);
      }
    },
  });
}

/** Protobuf JSON; unknown fields are ignored. */
export function createJsonCodec(
  input: DescMessage,
  output: DescMessage,
  options?: Partial<JsonReadOptions & JsonWriteOptions>,
): Codec {
  const jsonOptions = { ...options, ignoreUnknownFields: options?.ignoreUnknownFields ?? true };
  return withForms({
    name: "json",
    parse(bytes) {
      try {
        return fromJsonString(input, utf8(bytes), jsonOptions);
      } catch (error) {
        throw ConnectError.from(error, Code.InvalidArgument);
      }
    },
    serialize(message) {
      try {
        return Buffer.from(toJsonString(output, message, jsonOptions));
      } catch (error) {
        throw ConnectError.from(error, Code.Internal);
      }
    },
  });
}

/** Makes a codec encode messages marked by `preEncode` once. */
export function withForms(codec: Codec): Codec {
  const { name, serialize } = codec;
  return {
    ...codec,
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

/** Whether a message of this type, or one within it, has a field of bytes. */
function holdsBytes(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields.some(field => {
    return field.message ? holdsBytes(field.message, seen) : field.scalar === ScalarType.BYTES;
  });
}
