import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { type KeptCall, readKeptCall } from "./kept-call.ts";

/** A link that a chat or a mail still takes, and that a browser still opens. */
const maxPackedLength = 16_000;

/** What a link may unfold to: a few KB of it could be made to fill a memory. */
const maxPlainBytes = 256 * 1024;

/**
 * Packs a call for a link's fragment, which no browser sends to a server: JSON, raw DEFLATE (RFC 1951), base64url. It has no
 * headers and no token. Throws where the call is too large for a link.
 */
export async function packCall({ method, protocol, messages, deadline }: KeptCall): Promise<string> {
  const text = JSON.stringify({ method, protocol, messages, deadline });
  const packed = await pipe(new TextEncoder().encode(text), new CompressionStream("deflate-raw"), Infinity);
  const base64 = base64Encode(packed, "url");
  if (base64.length > maxPackedLength) throw new Error("The call is too large for a link: copy it as a command");
  return base64;
}

/** Unpacks what {@link packCall} has packed. Rejects where it is none; the text says so, for people. */
export async function unpackCall(packed: string): Promise<KeptCall> {
  try {
    if (packed.length > maxPackedLength) throw new Error("it is too long");
    const bytes = new Uint8Array(base64Decode(packed));
    const plain = await pipe(bytes, new DecompressionStream("deflate-raw"), maxPlainBytes);
    return readKeptCall(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The link holds no call: ${why}`, { cause: error });
  }
}

async function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of new Blob([bytes]).stream().pipeThrough(through)) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`it unfolds to more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
