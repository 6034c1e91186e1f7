import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Codec } from "./codec.ts";
import type { Encoding } from "./encodings.ts";
import { type Envelope, EnvelopeReader, prefixBytes } from "./envelope.ts";
import { extraMessage, missingMessage } from "./invoke.ts";
import { createOpenEnvelope } from "./open-envelope.ts";

/** How the body of a unary request becomes its message. Both methods throw what the call is answered with. */
export interface RequestBody {
  push(chunk: Uint8Array): void;
  finish(): Message | Promise<Message>;
}

/** What a body needs to be read. */
export interface RequestBodyOptions {
  readonly codec: Codec;
  readonly encoding: Encoding | undefined;
  /** Bytes, before and after decompression. */
  readonly limit: number;
}

/** The body of a gRPC or gRPC-Web unary request: one envelope. Envelopes with `endFlag` hold no message. */
export class EnvelopedBody implements RequestBody {
  readonly #options: RequestBodyOptions;
  readonly #endFlag: number;
  #reader: EnvelopeReader | undefined;
  #message: Envelope | undefined;

  constructor(options: RequestBodyOptions, endFlag: number) {
    this.#options = options;
    this.#endFlag = endFlag;
  }

  push(chunk: Uint8Array): void {
    if (this.#reader === undefined && this.#message === undefined && this.#isWhole(chunk)) return;
    this.#reader ??= new EnvelopeReader(this.#options.limit);
    this.#reader.push(chunk);
    for (;;) {
      const envelope = this.#reader.read();
      if (envelope === undefined) return;
      if ((envelope.flags & this.#endFlag) !== 0) continue;
      if (this.#message) throw extraMessage("unary");
      this.#message = envelope;
    }
  }

  finish(): Message | Promise<Message> {
    if (this.#reader && this.#reader.buffered > 0) {
      throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
    }
    if (this.#message === undefined) throw missingMessage("unary");
    const { codec, encoding, limit } = this.#options;
    const { flags, data } = this.#message;
    return createOpenEnvelope(codec, encoding, limit)(flags, data);
  }

  /** Most requests are one chunk, and the chunk one message: no need for more. */
  #isWhole(chunk: Uint8Array): boolean {
    const [flags, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = chunk;
    const length = chunk.length - prefixBytes;
    if (flags !== 0 || length > this.#options.limit || length < 0) return false;
    if (((b1 << 24) | (b2 << 16) | (b3 << 8) | b4) !== length) return false;
    this.#message = { flags, data: chunk.subarray(prefixBytes) };
    return true;
  }
}

/** The body of a Connect unary request: the message itself, of `declared` bytes where the client said so. */
export class PlainBody implements RequestBody {
  readonly #options: RequestBodyOptions;
  readonly #declared: number | undefined;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(options: RequestBodyOptions, declared: number | undefined) {
    this.#options = options;
    this.#declared = declared;
    if (declared !== undefined && declared > options.limit) throw tooLarge(options.limit, declared);
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length > this.#options.limit) throw tooLarge(this.#options.limit);
    if (this.#declared !== undefined && this.#length > this.#declared) throw this.#notAsPromised(this.#declared);
    this.#chunks.push(chunk);
  }

  finish(): Message | Promise<Message> {
    if (this.#declared !== undefined && this.#length !== this.#declared) throw this.#notAsPromised(this.#declared);
    const { codec, encoding, limit } = this.#options;
    const [first = new Uint8Array(0)] = this.#chunks;
    const bytes = this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.#length) : first;
    if (encoding === undefined) return codec.parse(bytes);
    const plain = encoding.decompress(bytes, limit);
    return plain instanceof Promise ? plain.then(codec.parse) : codec.parse(plain);
  }

  #notAsPromised(declared: number): ConnectError {
    const text = `protocol error: promised ${declared} bytes, received ${this.#length}`;
    return new ConnectError(text, Code.InvalidArgument);
  }
}

function tooLarge(limit: number, length?: number): ConnectError {
  const size = length === undefined ? "" : `${length} `;
  const text = `message size ${size}is larger than configured readMaxBytes ${limit}`;
  return new ConnectError(text, Code.ResourceExhausted);
}
