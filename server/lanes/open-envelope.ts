import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Codec } from "./codec.ts";
import type { Encoding } from "./encodings.ts";
import { compressedFlag } from "./envelope.ts";

/** Decompresses where the flags say so, and decodes: at once, unless the message is long and compressed. */
export type OpenEnvelope = (flags: number, data: Uint8Array) => Message | Promise<Message>;

/** Makes the opener of one call's messages. */
export function createOpenEnvelope(codec: Codec, encoding: Encoding | undefined, limit: number): OpenEnvelope {
  return (flags, data) => {
    if ((flags & compressedFlag) === 0) return codec.parse(data);
    if (encoding === undefined) {
      const text = "received compressed envelope, but do not know how to decompress";
      throw new ConnectError(text, Code.Internal);
    }
    const plain = encoding.decompress(data, limit);
    return plain instanceof Promise ? plain.then(codec.parse) : codec.parse(plain);
  };
}
