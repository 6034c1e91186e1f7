import { availableParallelism } from "node:os";
import type { Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Codec } from "../../protocol/codec.ts";
import { limitConcurrency } from "../../protocol/concurrency.ts";
import type { Encoding } from "../../protocol/encodings.ts";
import type { InflationLimit } from "../interceptors/limit-inflation.ts";
import type { CallMeter } from "./call-meter.ts";
import { decodingTurns } from "./turns.ts";

/** A message on its own, as long as this at most, is decoded as it comes: its call costs more than that. */
const lightBytes = 16 * 1024;

/** What a message of a stream costs beyond its bytes, in bytes: its way to the handler. */
const messageBytes = 128;

/** What a compressed message costs at least, in bytes: the memory that a decompressor sets up. */
const inflationBytes = 2048;

/**
 * Messages that the thread pool inflates at a time: at most as many as it has threads by default, and a core is left to the
 * event loop, which a few hundred bombs would slow down for all callers. zlib comes back after each 16 KB, so that without
 * a bound all messages grow at once, and a few hundred connections with a few KB each fill the memory.
 */
const inflations = limitConcurrency(Math.min(4, Math.max(1, availableParallelism() - 1)));

/** What is needed to read the messages of a request. */
export interface ReadOptions {
  readonly codec: Codec;
  /** The encoding of compressed messages; undefined for none. */
  readonly encoding: Encoding | undefined;
  /** Bytes of a message, before and after decompression. */
  readonly limit: number;
  /** Whether there may be any number of messages. */
  readonly stream: boolean;
  /** What compressed messages may come to; any amount where it is undefined. */
  readonly inflationLimit: InflationLimit | undefined;
  /** What counts the messages of a stream. */
  readonly meter?: CallMeter | undefined;
  /** Who sends them. */
  readonly context: HandlerContext;
}

/**
 * Decompresses a message where it has an encoding, and decodes it: at once, or where it is much work in a turn of its own. Throws
 * what decompression, the codec and the limit throw.
 */
export function readMessage(
  data: Uint8Array,
  encoding: Encoding | undefined,
  options: ReadOptions,
): Message | Promise<Message> {
  const { codec, stream } = options;
  if (encoding) return decodingTurns.run(inflationBytes, () => inflate(data, encoding, options));
  if (!stream && data.length <= lightBytes) return codec.parse(data);
  return decodingTurns.run(data.length + messageBytes, () => codec.parse(data));
}

function inflate(data: Uint8Array, encoding: Encoding, options: ReadOptions): Message | Promise<Message> {
  const { inflationLimit, context } = options;
  inflationLimit?.admit(context);
  const plain = inflateShort(data, encoding, options);
  if (plain) return decode(plain, options);
  // One that is decompressed keeps its place until it is decoded: there are never more of them than places.
  return inflations(async () => {
    inflationLimit?.admit(context);
    const plain = await encoding.decompressLong(data, options.limit);
    return decodingTurns.run(0, () => decode(plain, options));
  });
}

/** A short message; undefined for a long one, which costs what was inflated in vain. */
function inflateShort(data: Uint8Array, encoding: Encoding, { limit }: ReadOptions): Uint8Array | undefined {
  let plain: Uint8Array | undefined;
  try {
    plain = encoding.decompressShort(data, limit);
    return plain;
  } finally {
    if (plain === undefined) decodingTurns.spend(encoding.shortWork(data));
  }
}

function decode(plain: Uint8Array, { codec, inflationLimit, context }: ReadOptions): Message {
  // Counted whether or not the message is any good.
  let bytes = plain.length;
  try {
    bytes = codec.weigh(plain);
    return codec.parse(plain);
  } finally {
    inflationLimit?.spend(context, Math.max(bytes, inflationBytes));
    decodingTurns.spend(bytes);
  }
}
