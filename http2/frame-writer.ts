import { Flag, FrameType, frameHeadBytes, maxFrameBytes } from "./frames.ts";
import type { HpackEncoder } from "./hpack/encoder.ts";
import type { Output } from "./output.ts";
import { slabBytes } from "./slabs.ts";

/** Writes frames into a connection's output. */
export class FrameWriter {
  readonly #output: Output;
  readonly #encoder: HpackEncoder;

  constructor(output: Output, encoder: HpackEncoder) {
    this.#output = output;
    this.#encoder = encoder;
  }

  /** A head or trailers: `fields`, then `more`, encoded where they go out. */
  headers(id: number, fields: readonly string[], more: readonly string[] | undefined, endStream: boolean): void {
    const encoder = this.#encoder;
    const longest = encoder.maxLength(fields) + (more === undefined ? 0 : encoder.maxLength(more));
    if (longest > slabBytes - frameHeadBytes) {
      this.#longHeaders(id, fields, more, endStream, longest);
      return;
    }
    const output = this.#output;
    const slab = output.reserve(frameHeadBytes + longest);
    const start = output.position;
    let end = encoder.encode(fields, slab, start + frameHeadBytes);
    if (more !== undefined) end = encoder.encode(more, slab, end);
    const flags = endStream ? Flag.endHeaders | Flag.endStream : Flag.endHeaders;
    writeHead(slab, start, end - start - frameHeadBytes, FrameType.headers, flags, id);
    output.position = end;
  }

  /** Section 6.10: what exceeds a frame goes on in CONTINUATION, with nothing in between. */
  #longHeaders(
    id: number,
    fields: readonly string[],
    more: readonly string[] | undefined,
    endStream: boolean,
    longest: number,
  ): void {
    const block = Buffer.allocUnsafe(longest);
    let end = this.#encoder.encode(fields, block, 0);
    if (more !== undefined) end = this.#encoder.encode(more, block, end);
    let type: number = FrameType.headers;
    let flags: number = endStream ? Flag.endStream : 0;
    for (let at = 0; at < end || at === 0; at += maxFrameBytes) {
      const length = Math.min(maxFrameBytes, end - at);
      if (at + length === end) flags |= Flag.endHeaders;
      this.#head(length, type, flags, id);
      this.#output.append(block.subarray(at, at + length));
      type = FrameType.continuation;
      flags = 0;
    }
  }

  /** The head of a DATA frame, whose `length` bytes the caller appends next. */
  dataHead(id: number, length: number, endStream: boolean): void {
    this.#head(length, FrameType.data, endStream ? Flag.endStream : 0, id);
  }

  reset(id: number, code: number): void {
    this.#head(4, FrameType.reset, 0, id);
    this.#uint32(code);
  }

  windowUpdate(id: number, increment: number): void {
    this.#head(4, FrameType.windowUpdate, 0, id);
    this.#uint32(increment);
  }

  settings(payload: Buffer): void {
    this.#head(payload.length, FrameType.settings, 0, 0);
    this.#output.append(payload);
  }

  settingsAck(): void {
    this.#head(0, FrameType.settings, Flag.ack, 0);
  }

  /** `payload` has eight bytes. */
  ping(payload: Buffer, ack: boolean): void {
    this.#head(8, FrameType.ping, ack ? Flag.ack : 0, 0);
    this.#output.append(payload);
  }

  /** `text` is for whoever reads the peer's log, RFC 9113 section 6.8. */
  goaway(lastId: number, code: number, text: string): void {
    const bytes = Buffer.from(text);
    this.#head(8 + bytes.length, FrameType.goaway, 0, 0);
    this.#uint32(lastId);
    this.#uint32(code);
    this.#output.append(bytes);
  }

  #head(length: number, type: number, flags: number, id: number): void {
    const output = this.#output;
    const slab = output.reserve(frameHeadBytes);
    writeHead(slab, output.position, length, type, flags, id);
    output.position += frameHeadBytes;
  }

  #uint32(value: number): void {
    const output = this.#output;
    const slab = output.reserve(4);
    output.position = slab.writeUInt32BE(value, output.position);
  }
}

function writeHead(bytes: Buffer, at: number, length: number, type: number, flags: number, id: number): void {
  bytes[at] = length >> 16;
  bytes[at + 1] = length >> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes[at + 5] = id >> 24;
  bytes[at + 6] = id >> 16;
  bytes[at + 7] = id >> 8;
  bytes[at + 8] = id;
}
