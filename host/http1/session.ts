import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "../../http2/clock.ts";
import { type TimerOwner, WheelTimer } from "../../http2/timer-wheel.ts";
import { turn } from "../../http2/turn.ts";
import { processUnsent } from "../../http2/unsent.ts";
import type { CutReason, Http1Events, Http1SessionOptions } from "./events.ts";
import { foreign, unfinished } from "./head-parser.ts";
import { HeadReader } from "./head-reader.ts";
import { Output } from "./output.ts";
import { requestTimeout } from "./response-head.ts";
import { Http1Stream, type StreamContext } from "./stream.ts";
import { Unread } from "./unread.ts";

/** How long the rest of a head is waited for. Slow ones are node:http's, whose limit begins then. */
const headWaitMs = 1_000;

/** What a client may still send of a request that has its response, and for how long: see `Exchange`. */
const maxDrainBytes = 8 * 1024 * 1024;
const drainMs = 5_000;

/**
 * A connection that serves plain RPCs and GETs over HTTP/1.1, as long as nothing else comes. It never refuses a request: the first
 * that it does not know makes the connection node:http's, with that request unread.
 *
 * One request is served at a time. What comes behind it waits unread, so responses keep their order, and the connection
 * changes hands between two requests.
 */
export class Http1Session implements StreamContext, TimerOwner {
  readonly #socket: Duplex;
  readonly #events: Http1Events;
  readonly #idleTimeoutMs: number;
  readonly #keepAlive: string;
  readonly #clock: Clock;
  readonly #output: Output;
  readonly #timer = new WheelTimer(this);
  readonly #heads: HeadReader;
  readonly #unread: Unread;
  /** What was read and not served: a head that is not whole, a body that is not wanted, requests to come. */
  #rest: Buffer | undefined;
  #stream: Http1Stream | undefined;
  /** Bytes of the body that are still to come. */
  #remaining = 0;
  /** Whether the stream was told that its body is complete. */
  #isBodyTold = false;
  /** Bytes that came of it after the response. */
  #dropped = 0;
  #isAdvancing = false;
  #isClosing = false;
  #hasEnded = false;
  #isOver = false;
  readonly #onData = (chunk: Buffer) => this.#received(chunk);
  readonly #onDrain = () => this.#drained();
  readonly #onEnd = () => this.#ended();
  readonly #onClose = () => this.#lost();

  /** Takes over a socket, or any other Duplex, from its first byte on. */
  constructor(socket: Duplex, events: Http1Events, options: Http1SessionOptions = {}) {
    const { scheme = "http", idleTimeoutMs = 300_000, clock = systemClock, turn: joined = turn } = options;
    const { stallMs = 60_000, unsent = processUnsent } = options;
    this.#socket = socket;
    this.#events = events;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#keepAlive = `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n`;
    this.#clock = clock;
    this.#output = new Output(socket, joined);
    this.#unread = new Unread(socket, unsent, stallMs, clock, () => {
      this.#events.cut?.("unread reply");
      socket.destroy();
    });
    this.#heads = new HeadReader(scheme, head => events.takes(head));
    socket.on("data", this.#onData).on("drain", this.#onDrain).on("end", this.#onEnd).on("close", this.#onClose);
    socket.on("error", ignoreError);
    this.#clock.set(this.#timer, idleTimeoutMs);
  }

  /** Asks the client to send its next request elsewhere, and closes after the response to come. */
  closeAfterResponse(): void {
    this.#isClosing = true;
  }

  /** As {@link closeAfterResponse}; with no request on it, it closes now. */
  retire(): void {
    this.#isClosing = true;
    if (this.#stream === undefined && !this.#isOver) this.#close();
  }

  /** Since when no request is on it, in milliseconds of the clock; undefined while one is, or while its client does not read. */
  get idleSince(): number | undefined {
    const { at } = this.#timer;
    if (this.#stream !== undefined || at === Number.POSITIVE_INFINITY) return undefined;
    return at - (this.#heads.isWaiting ? headWaitMs : this.#idleTimeoutMs);
  }

  connectionLines(): string {
    return this.#isClosing || this.#hasEnded ? "connection: close\r\n" : this.#keepAlive;
  }

  write(parts: readonly (string | Uint8Array)[], now: boolean): boolean {
    if (this.#isOver) return true;
    const hasRoom = this.#output.write(parts, now);
    this.#unread.note();
    return hasRoom;
  }

  readBody(): void {
    this.#advance();
  }

  get hasWholeBody(): boolean {
    return this.#remaining <= (this.#rest?.length ?? 0);
  }

  limitBody(ms: number): void {
    if (!this.hasWholeBody) this.#clock.set(this.#timer, ms);
  }

  replied(): void {
    if (this.#remaining > 0) this.#clock.set(this.#timer, drainMs);
    this.#advance();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** What is waited for has not come. */
  expired(): void {
    const stream = this.#stream;
    if (stream === undefined && this.#rest !== undefined) this.#handOver();
    else if (stream === undefined) this.#cut("idle");
    else if (stream.isEnded) this.#cut("unread");
    else {
      if (!stream.headSent) this.#socket.write(requestTimeout);
      this.#cut("body");
    }
  }

  #received(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#advance();
  }

  #drained(): void {
    this.#unread.note();
    this.#stream?.drained();
    if (!this.#isOver) this.#advance();
  }

  /** Goes on with what was read, as far as it is wanted. */
  #advance(): void {
    // What is served below may ask for more, or reply, and so come here again.
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (!this.#isOver && this.#step());
      if (!this.#isOver) this.#pauseOrResume();
    } catch (error) {
      this.#events.failed?.(error);
      this.#socket.destroy();
    } finally {
      this.#isAdvancing = false;
    }
  }

  /** Returns whether there may be more to do. */
  #step(): boolean {
    const stream = this.#stream;
    // Who does not read responses gets no more of them.
    if (stream === undefined) {
      return this.#rest !== undefined && !this.#socket.writableNeedDrain && this.#begin(this.#rest);
    }
    if (!stream.isReading) return false;
    if (this.#remaining > 0) return this.#rest !== undefined && this.#readBody(stream, this.#rest);
    if (!this.#isBodyTold) {
      this.#isBodyTold = true;
      this.#clock.clear(this.#timer);
      stream.receivedAll();
      return true;
    }
    if (!stream.isEnded) return false;
    this.#stream = undefined;
    stream.finish();
    if (this.#isClosing || this.#hasEnded) this.#close();
    else if (this.#rest === undefined) this.#clock.set(this.#timer, this.#idleTimeoutMs);
    return true;
  }

  /** Starts the request that the bytes begin with. */
  #begin(bytes: Buffer): boolean {
    const wasWaiting = this.#heads.isWaiting;
    const head = this.#heads.read(bytes);
    if (head === foreign) {
      this.#handOver();
      return false;
    }
    if (head === unfinished) {
      if (!wasWaiting) this.#clock.set(this.#timer, headWaitMs);
      return false;
    }
    this.#dropped = 0;
    this.#clock.clear(this.#timer);
    this.#remaining = head.contentLength ?? 0;
    this.#isBodyTold = false;
    const { length } = this.#heads;
    this.#rest = length === bytes.length ? undefined : bytes.subarray(length);
    this.#stream = new Http1Stream(head, this);
    this.#events.request(this.#stream);
    return true;
  }

  #readBody(stream: Http1Stream, bytes: Buffer): boolean {
    const length = Math.min(this.#remaining, bytes.length);
    this.#remaining -= length;
    this.#rest = length === bytes.length ? undefined : bytes.subarray(length);
    if (!stream.isEnded) stream.received(length === bytes.length ? bytes : bytes.subarray(0, length));
    else {
      this.#dropped += length;
      if (this.#dropped > maxDrainBytes) this.#cut("unread");
    }
    return true;
  }

  /** Reads on as long as nothing waits: with a request in flight only a read tells that its client has left. */
  #pauseOrResume(): void {
    const pause = this.#rest !== undefined && (this.#stream !== undefined || this.#socket.writableNeedDrain);
    if (pause === this.#socket.isPaused()) return;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  #handOver(): void {
    const socket = this.#socket;
    this.#release();
    socket.pause();
    if (this.#rest !== undefined) socket.unshift(this.#rest);
    this.#events.handOver(socket);
    socket.resume();
  }

  #release(): void {
    this.#isOver = true;
    this.#clock.clear(this.#timer);
    this.#output.turn();
    this.#unread.over();
    this.#socket.off("data", this.#onData).off("drain", this.#onDrain).off("end", this.#onEnd);
    this.#socket.off("close", this.#onClose).off("error", ignoreError);
  }

  #cut(reason: CutReason): void {
    this.#events.cut?.(reason);
    this.#close();
  }

  /** Ends the connection once all is written; what still comes is dropped. */
  #close(): void {
    this.#isOver = true;
    this.#rest = undefined;
    this.#clock.clear(this.#timer);
    this.#output.turn();
    this.#socket.end(() => this.#socket.destroy());
  }

  /** The client will send no more; it may still read. */
  #ended(): void {
    this.#hasEnded = true;
    if (this.#isOver) return;
    if (this.#stream === undefined) this.#close();
    // A body that is cut short is no request.
    else if (!this.hasWholeBody) this.#socket.destroy();
  }

  #lost(): void {
    this.#release();
    this.#stream?.lost();
    this.#stream = undefined;
  }
}

function ignoreError(): void {}
