import { Flag, FrameType, maxFrameBytes, preface } from "../../http2/frames.ts";
import { HpackDecoder } from "../../http2/hpack/decoder.ts";
import { framesOf } from "../../http2/peer.fixture.ts";

/** Reads what the engine sends and throws where that breaks a rule, whatever the engine was sent itself. */
export class SentFrames {
  readonly #decoder = new HpackDecoder({ maxListSize: 2 ** 20 });
  #pending = Buffer.alloc(0);
  #expectsPreface: boolean;
  #block: Buffer[] = [];
  #blockId = 0;
  #isOver = false;
  readonly #ended = new Set<number>();
  readonly #reset = new Set<number>();

  /** A client sends the preface first. */
  constructor(fromServer: boolean) {
    this.#expectsPreface = !fromServer;
  }

  /** Bytes that the engine sent, cut anywhere. */
  read(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.#expectsPreface && this.#pending.length >= preface.length) {
      if (!this.#pending.subarray(0, preface.length).equals(preface)) throw new Error("no preface was sent");
      this.#pending = this.#pending.subarray(preface.length);
      this.#expectsPreface = false;
    }
    if (this.#expectsPreface) return;
    let at = 0;
    while (at + 9 <= this.#pending.length) {
      const end = at + 9 + this.#pending.readUIntBE(at, 3);
      if (end > this.#pending.length) break;
      for (const { type, flags, id, payload } of framesOf(this.#pending.subarray(at, end))) {
        this.#readFrame(type, flags, id, payload);
      }
      at = end;
    }
    this.#pending = this.#pending.subarray(at);
  }

  /** Whether the last frame is whole, and the last header block. */
  get isWhole(): boolean {
    return this.#pending.length === 0 && this.#blockId === 0;
  }

  #readFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#isOver) throw new Error("a frame follows the GOAWAY of an error");
    if (payload.length > maxFrameBytes) throw new Error(`a frame of ${payload.length} bytes was sent`);
    if (this.#blockId !== 0 && (type !== FrameType.continuation || id !== this.#blockId)) {
      throw new Error("a header block was interrupted");
    }
    if (this.#reset.has(id)) throw new Error(`a frame of type ${type} follows RST_STREAM on ${id}`);
    const isMessage = type === FrameType.data || type === FrameType.headers;
    if (isMessage && this.#ended.has(id)) throw new Error(`a frame of type ${type} follows END_STREAM on ${id}`);
    if (isMessage && (flags & Flag.endStream) !== 0) this.#ended.add(id);
    if (type === FrameType.reset) this.#reset.add(id);
    if (type === FrameType.goaway) this.#isOver = payload.readUInt32BE(4) !== 0;
    if (type === FrameType.headers || type === FrameType.continuation) this.#readBlock(flags, id, payload);
  }

  #readBlock(flags: number, id: number, payload: Buffer): void {
    this.#blockId = id;
    this.#block.push(payload);
    if ((flags & Flag.endHeaders) === 0) return;
    this.#decoder.decode(Buffer.concat(this.#block));
    this.#block = [];
    this.#blockId = 0;
  }
}
