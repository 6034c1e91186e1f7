import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Chunks } from "../../protocol/chunks.ts";
import { type Envelope, EnvelopeReader, prefixBytes, promisedLength } from "../../protocol/envelope.ts";
import { extraMessage, missingMessage } from "./invoke.ts";
import { openEnvelope } from "./open-envelope.ts";
import { type ReadOptions, readMessage } from "./read-message.ts";

/** How the body of a unary request becomes its message. Both methods throw what the call is answered with. */
export interface RequestBody {
  /** Bytes of the message that are there while it is not complete, and those that it is known to lack. */
  readonly kept: number;
  readonly missing: number;
  push(chunk: Uint8Array): void;
  finish(): Message | Promise<Message>;
}

/** The body of a gRPC or gRPC-Web unary request: one envelope. Envelopes with `endFlag` hold no message. */
export class EnvelopedBody implements RequestBody {
  readonly #options: ReadOptions;
  readonly #endFlag: number;
  #reader: EnvelopeReader | undefined;
  #message: Envelope | undefined;

  constructor(options: ReadOptions, endFlag: number) {
    this.#options = options;
    this.#endFlag = endFlag;
  }

  get kept(): number {
    return this.#reader?.buffered ?? 0;
  }

  get missing(): number {
    return this.#reader?.missing ?? 0;
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
    return openEnvelope(this.#message, this.#options);
  }

  /** Most requests are one chunk, and the chunk one message: no need for more. */
  #isWhole(chunk: Uint8Array): boolean {
    const length = chunk.length - prefixBytes;
    if (length < 0 || length > this.#options.limit) return false;
    const { 0: flags, 1: b1 = 0, 2: b2 = 0, 3: b3 = 0, 4: b4 = 0 } = chunk;
    if (flags !== 0 || promisedLength(b1, b2, b3, b4) !== length) return false;
    this.#message = { flags: 0, data: chunk.subarray(prefixBytes) };
    return true;
  }
}

/** The body of a Connect unary request: the message itself, of `declared` bytes where the client said so. */
export class PlainBody implements RequestBody {
  readonly #options: ReadOptions;
  readonly #declared: number | undefined;
  readonly #chunks = new Chunks();
  #length = 0;

  constructor(options: ReadOptions, declared: number | undefined) {
    this.#options = options;
    this.#declared = declared;
    if (declared !== undefined && declared > options.limit) throw tooLarge(options.limit, declared);
  }

  get kept(): number {
    return this.#length === this.#declared ? 0 : this.#length;
  }

  get missing(): number {
    return this.#declared === undefined ? 0 : this.#declared - this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length > this.#options.limit) throw tooLarge(this.#options.limit);
    if (this.#declared !== undefined && this.#length > this.#declared) throw this.#notAsPromised(this.#declared);
    this.#chunks.push(chunk);
  }

  finish(): Message | Promise<Message> {
    if (this.#declared !== undefined && this.#length !== this.#declared) throw this.#notAsPromised(this.#declared);
    const { list } = this.#chunks;
    const [first = new Uint8Array(0)] = list;
    const bytes = list.length > 1 ? Buffer.concat(list, this.#length) : first;
    return readMessage(bytes, this.#options.encoding, this.#options);
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
