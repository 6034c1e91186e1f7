import type { Floods } from "./floods.ts";
import { FrameWriter } from "./frame-writer.ts";
import { defaultWindow, ErrorCode, maxFrameBytes } from "./frames.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { Output, type Sink } from "./output.ts";
import type { Pings } from "./pings.ts";
import { Scheduler } from "./scheduler.ts";
import { SendWindow } from "./send-window.ts";
import type { Sender } from "./sender.ts";
import type { PeerSettings } from "./settings.ts";
import type { SlabPool } from "./slabs.ts";
import type { Unsent } from "./unsent.ts";

/** DATA below this that a window cut short is a dribble. */
const dribbleBytes = 128;

/** A connection as its sending part sees it. */
export interface OutboundContext {
  readonly now: number;
  readonly floods: Floods;
  readonly pings: Pings;
  readonly peer: PeerSettings;
  /** Something was written: it goes out at the turn's end. */
  wrote(): void;
  /** Ends the connection for an error that was thrown. */
  caught(error: unknown): void;
}

/** What a connection sends: heads at once, bodies as windows and the socket allow, one frame a stream in turn. */
export class Outbound {
  readonly #connection: OutboundContext;
  readonly output: Output;
  readonly encoder = new HpackEncoder();
  readonly frames: FrameWriter;
  readonly window = new SendWindow(defaultWindow);
  readonly #scheduler = new Scheduler();
  /** Bytes of bodies that wait in the streams' queues; and those of all servers, where this is one. */
  queuedBytes = 0;
  readonly #unsent: Unsent | undefined;

  constructor(connection: OutboundContext, sink: Sink, pool: SlabPool, unsent: Unsent | undefined) {
    this.#unsent = unsent;
    this.#connection = connection;
    this.output = new Output(sink, pool);
    this.frames = new FrameWriter(this.output, this.encoder);
  }

  /** Sends a head or trailers. What exceeds the peer's MAX_HEADER_LIST_SIZE ends the stream instead (section 6.5.2). */
  head(stream: Sender, fields: readonly string[], more: readonly string[] | undefined, endStream: boolean): void {
    const connection = this.#connection;
    if (!connection.peer.allows(fields, more)) {
      stream.fail(ErrorCode.internalError, "the fields exceed the peer's MAX_HEADER_LIST_SIZE");
      return;
    }
    this.frames.headers(stream.id, fields, more, endStream);
    connection.floods.sentHeaders();
    connection.wrote();
    if (endStream) stream.ended();
  }

  /**
   * Sends what may go at once of a chunk, unless other streams wait for their turns. Returns how many bytes that were.
   * With `endStream` the last of them ends the stream.
   */
  sendNow(stream: Sender, chunk: Uint8Array, endStream: boolean): number {
    if (!this.#scheduler.isEmpty) return 0;
    let sent = 0;
    while (sent < chunk.length && !this.output.blocked) {
      const left = chunk.length - sent;
      const bytes = Math.min(left, maxFrameBytes, stream.sendWindow.available, this.window.available);
      if (bytes <= 0) break;
      const isLast = endStream && bytes === left;
      this.#startData(stream, bytes, isLast);
      this.output.append(bytes === chunk.length ? chunk : chunk.subarray(sent, sent + bytes));
      sent += bytes;
      if (isLast) stream.ended();
      else if (bytes < left && bytes < dribbleBytes) this.#dribble();
    }
    if (sent > 0) this.#connection.wrote();
    return sent;
  }

  /** Counts bytes that a stream has queued, and has it take its turn. */
  queued(stream: Sender, bytes: number): void {
    this.queuedBytes += bytes;
    this.schedule(stream);
    // May reset streams, this one among them.
    this.#unsent?.queued(stream, bytes);
  }

  /** Counts queued bytes that are never sent. */
  dropped(stream: Sender, bytes: number): void {
    this.queuedBytes -= bytes;
    this.#unsent?.sent(stream, bytes);
  }

  /** Has a stream with something to send take its turn, unless it is held back. */
  schedule(stream: Sender): void {
    if (stream.isHeld || (stream.sendWindow.available <= 0 && stream.queue !== undefined)) return;
    this.#scheduler.add(stream);
    this.#connection.wrote();
  }

  /** Ends our side of a stream whose body is all sent: with its trailers, or an empty frame. Needs no window. */
  finish(stream: Sender): void {
    if (stream.trailers !== undefined) {
      this.head(stream, stream.trailers, undefined, true);
      return;
    }
    this.frames.dataHead(stream.id, 0, true);
    this.#connection.floods.sentData();
    this.#connection.wrote();
    stream.ended();
  }

  /** Sends of the streams' queues what may go. */
  run(): void {
    while (!this.output.blocked) {
      const stream = this.#scheduler.next();
      if (stream === undefined) return;
      if (!stream.isClosed) this.#sendFrame(stream);
    }
  }

  #sendFrame(stream: Sender): void {
    const { queue } = stream;
    if (queue === undefined || stream.sendWindow.available <= 0) return;
    const bytes = Math.min(queue.length, maxFrameBytes, stream.sendWindow.available, this.window.available);
    if (bytes <= 0) {
      this.#scheduler.starve(stream);
      return;
    }
    const isCut = bytes < queue.length;
    const isLast = !isCut && stream.isEnding && stream.trailers === undefined;
    this.#startData(stream, bytes, isLast);
    queue.move(bytes, this.output);
    this.queuedBytes -= bytes;
    this.#unsent?.sent(stream, bytes);
    if (isCut && bytes < dribbleBytes) this.#dribble();
    if (isCut) this.schedule(stream);
    stream.moved();
    if (isLast) stream.ended();
    else if (stream.isEnding && stream.queue === undefined && !stream.isClosed) this.finish(stream);
  }

  #startData(stream: Sender, bytes: number, endStream: boolean): void {
    stream.sendWindow.take(bytes);
    this.window.take(bytes);
    this.frames.dataHead(stream.id, bytes, endStream);
    this.#connection.floods.sentData();
  }

  /** May be reached from a call's own write, which must not throw. */
  #dribble(): void {
    const connection = this.#connection;
    try {
      connection.floods.dribble(connection.now);
    } catch (error) {
      connection.caught(error);
    }
  }

  /** WINDOW_UPDATE from the peer for the connection. Returns false above 2³¹−1. */
  widened(increment: number): boolean {
    if (!this.window.add(increment)) return false;
    if (this.window.available > 0) this.#scheduler.feed();
    return true;
  }

  /** The peer has widened a stream's window: a stream that waited for it takes its turn. */
  streamWidened(stream: Sender): void {
    if (stream.queue !== undefined && stream.sendWindow.available > 0) this.schedule(stream);
  }

  /** WINDOW_UPDATE for the peer; 0 is the connection. */
  widen(id: number, increment: number): void {
    this.frames.windowUpdate(id, increment);
    this.#connection.pings.measure(this.#connection.now, this.frames);
    this.#connection.wrote();
  }

  reset(id: number, code: number): void {
    this.frames.reset(id, code);
    this.#connection.wrote();
  }
}
