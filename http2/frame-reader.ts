import type { FrameHandler } from "./frame-handler.ts";
import { readPayload } from "./frame-payload.ts";
import { checkFrameHead } from "./frame-rules.ts";
import { ConnectionError, ErrorCode, Flag, FrameType, frameHeadBytes, maxFrameBytes, preface } from "./frames.ts";
import { HeaderBlock } from "./header-block.ts";

const State = { preface: 0, head: 1, payload: 2, padLength: 3, data: 4, padding: 5, skip: 6, dead: 7 } as const;

/**
 * Cuts bytes into frames, at whatever places they arrive. A payload that is there whole is parsed in place; only header
 * blocks and control payloads are gathered; DATA is passed on in parts.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #block: HeaderBlock;
  #state: number;
  /** Bytes of the preface, of a cut head or of a cut payload that are there. */
  #filled = 0;
  /** Of a head that came in parts, what is there. */
  #head: Buffer | undefined = undefined;
  #gathered: Buffer | undefined;
  #length = 0;
  #type = 0;
  #flags = 0;
  #id = 0;
  /** Bytes of the payload's present part that are still to come. */
  #left = 0;
  #padding = 0;
  #first = true;

  /** `expectsPreface` on the server's side. A header block of more than `maxBlockBytes` ends the connection. */
  constructor(handler: FrameHandler, expectsPreface: boolean, maxBlockBytes = 32_768) {
    this.#handler = handler;
    this.#block = new HeaderBlock(maxBlockBytes);
    this.#state = expectsPreface ? State.preface : State.head;
  }

  /** Whether a header block has begun and not ended. */
  get inBlock(): boolean {
    return this.#block.id !== 0;
  }

  /** Whether the preface and the first SETTINGS have arrived. */
  get begun(): boolean {
    return !this.#first;
  }

  /** Takes no more: whatever comes is dropped unread. */
  stop(): void {
    this.#state = State.dead;
    this.#gathered = undefined;
  }

  /** Reads a chunk to its end, and throws a `ConnectionError` at the first frame that breaks a rule. */
  receive(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case State.head:
          at = this.#readHead(chunk, at);
          break;
        case State.payload:
          at = this.#gather(chunk, at);
          break;
        case State.data:
          at = this.#readData(chunk, at);
          break;
        case State.padLength:
          this.#readPadLength(chunk[at++] ?? 0);
          break;
        case State.padding:
        case State.skip:
          at = this.#skip(chunk, at);
          break;
        case State.preface:
          at = this.#readPreface(chunk, at);
          break;
        default:
          return;
      }
    }
  }

  #readPreface(chunk: Buffer, at: number): number {
    while (at < chunk.length && this.#filled < preface.length) {
      if (chunk[at++] !== preface[this.#filled++]) {
        throw new ConnectionError(ErrorCode.protocolError, "the connection does not begin with the HTTP/2 preface");
      }
    }
    if (this.#filled === preface.length) {
      this.#filled = 0;
      this.#state = State.head;
    }
    return at;
  }

  #readHead(chunk: Buffer, at: number): number {
    if (this.#filled === 0 && chunk.length - at >= frameHeadBytes) {
      this.#startFrame(chunk, at);
      at += frameHeadBytes;
      // The common case: parsed where it lies.
      if (this.#state === State.payload && chunk.length - at >= this.#length) {
        this.#state = State.head;
        this.#readPayload(chunk, at, at + this.#length);
        return at + this.#length;
      }
      return at;
    }
    const end = Math.min(chunk.length, at + frameHeadBytes - this.#filled);
    this.#head ??= Buffer.alloc(frameHeadBytes);
    const head = this.#head;
    chunk.copy(head, this.#filled, at, end);
    this.#filled += end - at;
    if (this.#filled === frameHeadBytes) {
      this.#filled = 0;
      this.#head = undefined;
      this.#startFrame(head, 0);
    }
    return end;
  }

  #startFrame(bytes: Buffer, at: number): void {
    if (this.#first && bytes.toString("latin1", at, at + 7) === "HTTP/1.") {
      throw new ConnectionError(ErrorCode.protocolError, "the peer speaks HTTP/1, not HTTP/2");
    }
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const type = bytes[at + 3] ?? 0;
    const flags = bytes[at + 4] ?? 0;
    // The reserved bit is ignored, RFC 9113 section 4.1.
    const id = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    if (length > maxFrameBytes) {
      throw new ConnectionError(ErrorCode.frameSizeError, `a frame of ${length} bytes exceeds ${maxFrameBytes}`);
    }
    if (this.#first) this.#checkFirst(type, flags);
    this.#block.checkNext(type, id);
    checkFrameHead(type, flags, id, length);
    this.#length = length;
    this.#type = type;
    this.#flags = flags;
    this.#id = id;
    if (type === FrameType.data) this.#startData();
    else if (type > FrameType.continuation) this.#startUnknown();
    else if (length > 0) this.#state = State.payload;
    else this.#readPayload(bytes, 0, 0);
  }

  /** RFC 9113 section 3.4. */
  #checkFirst(type: number, flags: number): void {
    if (type !== FrameType.settings || (flags & Flag.ack) !== 0) {
      throw new ConnectionError(ErrorCode.protocolError, "the first frame is not SETTINGS");
    }
    this.#first = false;
  }

  #startData(): void {
    this.#left = this.#length;
    this.#padding = 0;
    // Set before the handler is called, which may stop the reader.
    this.#state = (this.#flags & Flag.padded) !== 0 ? State.padLength : State.data;
    this.#handler.dataStarted(this.#id, this.#length, (this.#flags & Flag.endStream) !== 0);
    if (this.#left === 0 && this.#state === State.data) this.#endData();
  }

  #readPadLength(padding: number): void {
    // RFC 9113 section 6.1.
    if (padding >= this.#length) {
      throw new ConnectionError(
        ErrorCode.protocolError,
        `padding of ${padding} bytes fills a frame of ${this.#length}`,
      );
    }
    this.#padding = padding;
    this.#left = this.#length - 1 - padding;
    if (this.#left > 0) this.#state = State.data;
    else this.#startPadding();
  }

  #readData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    this.#handler.data(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    // The handler may have stopped the reader.
    if (this.#left === 0 && this.#state === State.data) this.#startPadding();
    return end;
  }

  #startPadding(): void {
    this.#left = this.#padding;
    if (this.#left > 0) this.#state = State.padding;
    else this.#endData();
  }

  #endData(): void {
    this.#state = State.head;
    this.#handler.dataEnded();
  }

  #startUnknown(): void {
    this.#left = this.#length;
    this.#state = this.#left > 0 ? State.skip : State.head;
    this.#handler.unknown();
  }

  #skip(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === State.padding) this.#endData();
      else this.#state = State.head;
    }
    return end;
  }

  #gather(chunk: Buffer, at: number): number {
    this.#gathered ??= Buffer.allocUnsafe(this.#length);
    const gathered = this.#gathered;
    const end = Math.min(chunk.length, at + this.#length - this.#filled);
    chunk.copy(gathered, this.#filled, at, end);
    this.#filled += end - at;
    if (this.#filled === this.#length) {
      this.#filled = 0;
      this.#gathered = undefined;
      this.#state = State.head;
      this.#readPayload(gathered, 0, this.#length);
    }
    return end;
  }

  /** A whole payload of a frame other than DATA. */
  #readPayload(bytes: Buffer, at: number, end: number): void {
    readPayload(this.#handler, this.#block, this.#type, this.#flags, this.#id, bytes, at, end);
  }
}
