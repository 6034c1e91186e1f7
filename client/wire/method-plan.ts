import type { DescMethod, Message } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ResponseHead } from "../../http2/response-head.ts";
import { ByteTarget } from "../../protocol/byte-target.ts";
import { holdsBytes } from "../../protocol/codec.ts";
import { createMethodSerializationLookup, createMethodUrl } from "../../protocol/connect-internals.ts";
import { createEncodeBinary, type EncodeBinary } from "../../protocol/encode-binary.ts";
import { compressMinBytes, type Encoding } from "../../protocol/encodings.ts";
import { envelop, prefixBytes, writePrefix } from "../../protocol/envelope.ts";
import { knownEncoding } from "../../protocol/negotiate.ts";
import { allFormats, carries, type WireFormat } from "../../protocol/wire-format.ts";
import { lost } from "../connection/stream-errors.ts";
import type { Protocol } from "../protocol.ts";
import { RequestHeads } from "./request-heads.ts";
import type { WireSettings } from "./settings.ts";

/** Connect's own bound: what the length before a message can say. */
const maxMessageBytes = 0xffff_ffff;

/** Where requests are written one by one. */
const single = new ByteTarget();

/** What is the same for all calls of a method. */
export class MethodPlan {
  readonly method: DescMethod;
  readonly url: string;
  readonly protocol: Protocol;
  readonly format: WireFormat;
  /** How requests are compressed; undefined for not at all. */
  readonly encoding: Encoding | undefined;
  readonly readMaxBytes: number;
  readonly #compressMinBytes: number;
  readonly #takesCutsForLoss: boolean;
  readonly usesGet: boolean;
  readonly heads: RequestHeads;
  readonly #encode: EncodeBinary | undefined;
  readonly #serialize: (message: Message) => Uint8Array;
  readonly #parse: (bytes: Uint8Array) => Message;
  /** The last head of a reply that was found good, and its encoding: replies of the same bytes share one. */
  goodHead: ResponseHead | undefined;
  goodEncoding: Encoding | undefined;

  constructor(method: DescMethod, settings: WireSettings) {
    const { protocol, useBinaryFormat, sendEncoding, readMaxBytes = maxMessageBytes, useHttpGet = false } = settings;
    const unary = method.methodKind === "unary";
    this.method = method;
    this.url = createMethodUrl(settings.baseUrl, method);
    this.protocol = protocol;
    this.format = formatOf(protocol, useBinaryFormat, unary);
    this.encoding = knownEncoding(sendEncoding);
    this.readMaxBytes = readMaxBytes;
    this.#takesCutsForLoss = settings.takesCutsForLoss ?? false;
    this.#compressMinBytes = settings.compressMinBytes ?? compressMinBytes;
    this.usesGet = useHttpGet && protocol === "connect" && unary && method.idempotency === Idempotency.NO_SIDE_EFFECTS;
    this.heads = new RequestHeads(this, settings.authority);
    const lookup = createMethodSerializationLookup(method as never, undefined, settings.jsonOptions, {
      readMaxBytes,
      writeMaxBytes: maxMessageBytes,
    });
    this.#serialize = lookup.getI(useBinaryFormat).serialize as (message: Message) => Uint8Array;
    this.#encode = useBinaryFormat ? createEncodeBinary(method.input) : undefined;
    const parse = lookup.getO(useBinaryFormat).parse as (bytes: Uint8Array) => Message;
    // Fields of bytes are views of what they are read from, and a read must not live as long as the smallest of them.
    this.#parse = holdsBytes(method.output) ? bytes => parse(new Uint8Array(bytes)) : parse;
  }

  /** Encodes a request. Throws INTERNAL. */
  serialize(message: Message): Uint8Array {
    // What is not to be encoded in this way has written nothing.
    return this.#encode?.(message, single) ? single.take() : this.#serialize(message);
  }

  /** Encodes a request that is not compressed, in its envelope. Throws INTERNAL. */
  enveloped(message: Message): Uint8Array {
    single.skip(prefixBytes);
    try {
      if (this.#encode?.(message, single)) {
        const bytes = single.take();
        writePrefix(bytes, 0, 0, bytes.length - prefixBytes);
        return bytes;
      }
    } finally {
      single.length = 0;
    }
    return envelop(0, this.#serialize(message));
  }

  /** Compresses a request; undefined where it goes as it is. */
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> | undefined {
    return bytes.length < this.#compressMinBytes ? undefined : this.encoding?.compress(bytes);
  }

  /** Decodes a reply. Throws INTERNAL where it cannot be read: the caller is not to blame. */
  parse(bytes: Uint8Array): Message {
    try {
      return this.#parse(bytes);
    } catch (reason) {
      throw unreadable(reason);
    }
  }

  /** Decompresses a reply, at once where it is short. Throws INTERNAL where it is corrupt, RESOURCE_EXHAUSTED where too large. */
  decompress(bytes: Uint8Array, encoding: Encoding | undefined): Uint8Array | Promise<Uint8Array> {
    if (encoding === undefined) {
      throw new ConnectError("protocol error: a compressed message came without its encoding", Code.Internal);
    }
    try {
      const short = encoding.decompressShort(bytes, this.readMaxBytes);
      if (short !== undefined) return short;
    } catch (reason) {
      throw unreadable(reason);
    }
    return encoding.decompressLong(bytes, this.readMaxBytes).catch(reason => {
      throw unreadable(reason);
    });
  }

  /** The error of a reply that ended without the protocol's own end of it. */
  cut(words: string): ConnectError {
    const text = `protocol error: ${words}`;
    return this.#takesCutsForLoss ? lost(undefined, text) : new ConnectError(text, Code.Internal);
  }

  /** The encoding that a reply states; undefined for none. Throws INTERNAL for one that was not asked for. */
  encodingOf(header: Headers): Encoding | undefined {
    const name = header.get(this.format.encodingHeader);
    if (name === null || name.toLowerCase() === "identity") return undefined;
    const encoding = knownEncoding(name);
    if (encoding) return encoding;
    throw new ConnectError(`unsupported response encoding "${name}"`, Code.Internal, header);
  }
}

function formatOf(protocol: Protocol, binary: boolean, unary: boolean): WireFormat {
  const found = allFormats.find(
    format => format.protocol === protocol && format.binary === binary && carries(format, { unary }),
  );
  if (found === undefined) throw new TypeError(`protocol "${protocol}" is unknown`);
  return found;
}

/** Whether what could not be decompressed is only the beginning of something. */
export function isTruncated(reason: unknown): boolean {
  for (let error = reason; error instanceof Error; error = error.cause) {
    if ("code" in error && error.code === "Z_BUF_ERROR") return true;
  }
  return false;
}

/** The codecs are the server's, too, where what cannot be read is the caller's fault. */
function unreadable(reason: unknown): ConnectError {
  const error = ConnectError.from(reason, Code.Internal);
  if (error.code !== Code.InvalidArgument) return error;
  return new ConnectError(`the reply cannot be read: ${error.rawMessage}`, Code.Internal, undefined, undefined, error);
}
