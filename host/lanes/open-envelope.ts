import type { Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { compressedFlag, type Envelope } from "../../protocol/envelope.ts";
import { clientFault } from "../../protocol/wire-error.ts";
import { type ReadOptions, readMessage } from "./read-message.ts";

/** Reads an envelope's message. Throws INTERNAL where it is compressed and the request named no encoding, and as `readMessage`. */
export function openEnvelope({ flags, data }: Envelope, options: ReadOptions): Message | Promise<Message> {
  if ((flags & compressedFlag) === 0) return readMessage(data, undefined, options);
  if (options.encoding === undefined) {
    const text = "received compressed envelope, but do not know how to decompress";
    throw clientFault(text, Code.Internal);
  }
  return readMessage(data, options.encoding, options);
}
