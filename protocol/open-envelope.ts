import type { Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Codec } from "./codec.ts";
import type { Encoding } from "./encodings.ts";
import { compressedFlag, type Envelope } from "./envelope.ts";
import { clientFault } from "./wire-error.ts";

/** What is needed to read the messages of a request. */
export interface ReadOptions {
  readonly codec: Codec;
  /** The encoding of compressed messages; undefined for none. */
  readonly encoding: Encoding | undefined;
  /** Bytes of a message, before and after decompression. */
  readonly limit: number;
}

/**
 * Decompresses where the flags say so, and decodes: at once, unless the message is long and compressed. Throws INTERNAL
 * where the request named no encoding, and what decompression and the codec throw.
 */
export function openEnvelope({ flags, data }: Envelope, options: ReadOptions): Message | Promise<Message> {
  const { codec, encoding, limit } = options;
  if ((flags & compressedFlag) === 0) return codec.parse(data);
  if (encoding === undefined) {
    const text = "received compressed envelope, but do not know how to decompress";
    throw clientFault(text, Code.Internal);
  }
  const plain = encoding.decompress(data, limit);
  return plain instanceof Promise ? plain.then(codec.parse) : codec.parse(plain);
}
