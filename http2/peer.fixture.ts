import { HandClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { ConnectionEvents, ConnectionOptions, Rim } from "./connection-options.ts";
import { Flag, FrameType, preface } from "./frames.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { settingsPayload } from "./settings.ts";
import { SlabPool } from "./slabs.ts";

/** A frame as it was sent. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** The bytes of a frame, whether it keeps the rules or not. */
export function frame(type: number, flags: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

/** Cuts bytes into frames; what is no whole frame throws. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) throw new Error(`a frame is cut at byte ${at}`);
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      id: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

export const get = [":method", "GET", ":scheme", "http", ":authority", "localhost", ":path", "/"];
export const post = [":method", "POST", ":scheme", "http", ":authority", "localhost", ":path", "/echo"];

/** A connection under test with its other end in the test's hands: raw frames in, frames out, time as told. */
export class Peer implements Rim {
  readonly clock = new HandClock();
  readonly connection: Connection;
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder();
  /** What the kernel has not taken, for the connection to see. */
  writableLength = 0;
  isEnded = false;
  isPaused = false;
  #joined = false;
  #written: Buffer[] = [];

  constructor(isServer: boolean, events: ConnectionEvents, options: ConnectionOptions = {}) {
    this.connection = new Connection(isServer, this, this.clock, events, { slabs: new SlabPool(0xaa), ...options });
    if (!isServer) this.settle();
  }

  write(bytes: Buffer): void {
    if (this.isEnded) throw new Error("a write follows the end");
    // The slab is used again: only a copy stays what was sent.
    this.#written.push(Buffer.from(bytes));
  }

  cork(): void {}

  uncork(): void {}

  joinTurn(): void {
    this.#joined = true;
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  /** Ends turns until nothing is left to do in them. */
  settle(): void {
    while (this.#joined) {
      this.#joined = false;
      this.connection.turn();
    }
  }

  /** Takes all bytes that were sent. */
  takeBytes(): Buffer {
    this.settle();
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    return bytes;
  }

  /** Takes all frames that were sent. */
  take(): Frame[] {
    const bytes = this.takeBytes();
    return framesOf(bytes.subarray(0, preface.length).equals(preface) ? bytes.subarray(preface.length) : bytes);
  }

  /** Has the connection receive these in one read. */
  send(...frames: Buffer[]): void {
    this.connection.receive(Buffer.concat(frames));
  }

  /** Preface and SETTINGS as they begin a connection, both sides' acknowledged; what was sent is dropped. */
  greet(...settings: (readonly [id: number, value: number])[]): this {
    this.send(
      this.connection.isServer ? preface : Buffer.alloc(0),
      frame(FrameType.settings, 0, 0, settingsPayload(settings)),
      frame(FrameType.settings, Flag.ack, 0),
    );
    this.take();
    return this;
  }

  /** A HEADERS frame with a whole block. */
  headers(id: number, fields: readonly string[], endStream = false): Buffer {
    const block = Buffer.alloc(this.encoder.maxLength(fields));
    const length = this.encoder.encode(fields, block, 0);
    const flags = Flag.endHeaders | (endStream ? Flag.endStream : 0);
    return frame(FrameType.headers, flags, id, block.subarray(0, length));
  }

  data(id: number, bytes: Uint8Array | string, endStream = false): Buffer {
    return frame(FrameType.data, endStream ? Flag.endStream : 0, id, Buffer.from(bytes));
  }

  widen(id: number, increment: number): Buffer {
    return frame(FrameType.windowUpdate, 0, id, uint32(increment));
  }

  reset(id: number, code: number): Buffer {
    return frame(FrameType.reset, 0, id, uint32(code));
  }

  /** The fields of a HEADERS frame that was sent. Each must be read, in order. */
  fieldsOf({ payload }: Frame): readonly string[] {
    return this.decoder.decode(payload).fields;
  }
}

/** The code of a GOAWAY, or of RST_STREAM; -1 where neither was sent. GOAWAY goes first. */
export function errorOf(frames: readonly Frame[]): {
  readonly frame: "goaway" | "reset" | "none";
  readonly code: number;
} {
  const goaway = frames.find(({ type }) => type === FrameType.goaway);
  if (goaway) return { frame: "goaway", code: goaway.payload.readUInt32BE(4) };
  const reset = frames.find(({ type }) => type === FrameType.reset);
  if (reset) return { frame: "reset", code: reset.payload.readUInt32BE(0) };
  return { frame: "none", code: -1 };
}

/** The text of a GOAWAY. */
export function goawayText(frames: readonly Frame[]): string {
  return frames.find(({ type }) => type === FrameType.goaway)?.payload.toString("utf8", 8) ?? "";
}

/** Random numbers by a seed (mulberry32): the same each time. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
