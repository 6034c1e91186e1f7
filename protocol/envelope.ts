import { Code, ConnectError } from "@connectrpc/connect";
import { Chunks } from "./chunks.ts";

/** Flags byte and big-endian length before each message: gRPC, gRPC-Web and Connect streams alike. */
export const prefixBytes = 5;
/** The message is compressed. */
export const compressedFlag = 0b0000_0001;
/** Connect: the end of the stream, in JSON. */
export const endStreamFlag = 0b0000_0010;
/** gRPC-Web: the trailers. */
export const trailerFlag = 0b1000_0000;

/** One message as it was on the wire. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** What a chunk holds, where that is one envelope and all of it; undefined for anything else, and above `limit` bytes. */
export function wholeEnvelope(chunk: Uint8Array, limit: number): Envelope | undefined {
  const length = chunk.length - prefixBytes;
  if (length < 0 || length > limit) return undefined;
  const at = (index: number) => chunk[index] as number;
  if (promisedLength(at(1), at(2), at(3), at(4)) !== length) return undefined;
  return { flags: at(0), data: chunk.subarray(prefixBytes) };
}

/** Splits a body into envelopes. Bytes are not copied unless a message spans chunks, or comes in small ones. */
export class EnvelopeReader {
  readonly #limit: number;
  readonly #received = new Chunks();
  /** Read position in the first chunk. */
  #at = 0;
  #buffered = 0;

  /** Messages above `limit` bytes are refused. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes received and not read yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Bytes that the message which has begun still lacks; 0 while its length is not known, and where it is above the limit. */
  get missing(): number {
    if (this.#buffered < prefixBytes) return 0;
    const length = this.#promised();
    return length > this.#limit ? 0 : Math.max(0, prefixBytes + length - this.#buffered);
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#received.push(chunk);
    this.#buffered += chunk.length;
  }

  /**
   * The next message, undefined until it is there whole.
   *
   * Throws RESOURCE_EXHAUSTED as soon as the prefix promises more than the limit, before any of it is held.
   */
  read(): Envelope | undefined {
    if (this.#buffered < prefixBytes) return undefined;
    const length = this.#promised();
    if (length > this.#limit) {
      const text = `message size ${length} is larger than configured readMaxBytes ${this.#limit}`;
      throw new ConnectError(text, Code.ResourceExhausted);
    }
    if (this.#buffered < prefixBytes + length) return undefined;
    const flags = this.#byteAt(0);
    this.#skip(prefixBytes);
    return { flags, data: this.#take(length) };
  }

  #promised(): number {
    return promisedLength(this.#byteAt(1), this.#byteAt(2), this.#byteAt(3), this.#byteAt(4));
  }

  get #chunks(): Uint8Array[] {
    return this.#received.list;
  }

  #byteAt(offset: number): number {
    let at = this.#at + offset;
    for (const chunk of this.#chunks) {
      if (at < chunk.length) return chunk[at] as number;
      at -= chunk.length;
    }
    return 0;
  }

  #skip(count: number): void {
    this.#buffered -= count;
    this.#at += count;
    let first = this.#chunks[0];
    while (first && this.#at >= first.length) {
      this.#at -= first.length;
      this.#chunks.shift();
      first = this.#chunks[0];
    }
  }

  #take(length: number): Uint8Array {
    const first = this.#chunks[0];
    if (first === undefined || first.length - this.#at >= length) {
      const data = first?.subarray(this.#at, this.#at + length) ?? new Uint8Array(0);
      this.#skip(length);
      return data;
    }
    return this.#join(length);
  }

  /** Chunks are walked, not shifted one by one: a message of many small chunks must not cost the square of their number. */
  #join(length: number): Uint8Array {
    const data = new Uint8Array(length);
    let filled = 0;
    let index = 0;
    let from = this.#at;
    while (filled < length) {
      const chunk = this.#chunks[index] as Uint8Array;
      const part = chunk.subarray(from, from + length - filled);
      data.set(part, filled);
      filled += part.length;
      from += part.length;
      if (from < chunk.length) break;
      index++;
      from = 0;
    }
    this.#chunks.splice(0, index);
    this.#at = from;
    this.#buffered -= length;
    return data;
  }
}

/** The length that the last four bytes of a prefix promise. */
export function promisedLength(b1: number, b2: number, b3: number, b4: number): number {
  return b1 * 2 ** 24 + ((b2 << 16) | (b3 << 8) | b4);
}

/** Writes the prefix of a message of `length` bytes at `offset`. */
export function writePrefix(target: Uint8Array, offset: number, flags: number, length: number): void {
  target[offset] = flags;
  target[offset + 1] = length >>> 24;
  target[offset + 2] = length >>> 16;
  target[offset + 3] = length >>> 8;
  target[offset + 4] = length;
}

/** One message with its prefix. */
export function envelop(flags: number, data: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(prefixBytes + data.length);
  writePrefix(bytes, 0, flags, data.length);
  bytes.set(data, prefixBytes);
  return bytes;
}
