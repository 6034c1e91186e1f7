import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "../../http2/clock.ts";
import { type TimerOwner, WheelTimer } from "../../http2/timer-wheel.ts";
import { turn } from "../../http2/turn.ts";
import { processUnsent } from "../../http2/unsent.ts";
import type { CutReason, Http1Events, Http1SessionOptions } from "./events.ts";
import { foreign, unfinished } from "./head-parser.ts";
import { HeadReader } from "./head-reader.ts";
import { IncomingBody } from "./incoming-body.ts";
import { Output } from "./output.ts";
import { closeLine, keepAliveLines, requestTimeout } from "./response-head.ts";
import { type SocketListener, SocketReader } from "./socket-reader.ts";
import { Http1Stream, type StreamContext } from "./stream.ts";
import { Unread } from "./unread.ts";

/** How long the rest of a head is waited for. Slow ones are node:http's, whose limit begins then. */
const headWaitMs = 1_000;

/** How long a client may go on sending a request that has its response: see `Exchange`. */
const drainMs = 5_000;

/**
 * A connection that serves plain RPCs and GETs over HTTP/1.1, as long as nothing else comes. It never refuses a request: the first
 * that it does not know makes the connection node:http's, with that request unread.
 *
 * One request is served at a time. What comes behind it waits unread, so responses keep their order, and the connection
 * changes hands between two requests.
 */
export class Http1Session implements StreamContext, SocketListener, TimerOwner {
  readonly #socket: Duplex;
  readonly #reader: SocketReader;
  readonly #events: Http1Events;
  readonly #idleTimeoutMs: number;
  readonly #keepAlive: string;
  readonly #clock: Clock;
  readonly #output: Output;
  readonly #timer = new WheelTimer(this);
  readonly #heads: HeadReader;
  /** What was read and not served: a head that is not whole, a body that is not wanted, requests to come. */
  #rest: Buffer | undefined;
  #stream: Http1Stream | undefined;
  readonly #body = new IncomingBody();
  #isAdvancing = false;
  #isClosing = false;
  #hasEnded = false;
  #isOver = false;

  /** Takes over a socket, or any other Duplex, from its first byte on. */
  constructor(socket: Duplex, events: Http1Events, options: Http1SessionOptions = {}) {
    const { scheme = "http", idleTimeoutMs = 300_000, clock = systemClock, turn: joined = turn } = options;
    const { stallMs = 60_000, unsent = processUnsent } = options;
    this.#socket = socket;
    this.#events = events;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#keepAlive = keepAliveLines(idleTimeoutMs);
    this.#clock = clock;
    const unread = new Unread(socket, unsent, stallMs, clock, () => {
      events.cut?.("unread reply");
      socket.destroy();
    });
    this.#output = new Output(socket, joined, unread);
    this.#heads = new HeadReader(scheme, head => events.takes(head));
    this.#reader = new SocketReader(socket, this);
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
    return this.#isClosing || this.#hasEnded ? closeLine : this.#keepAlive;
  }

  write(parts: readonly (string | Uint8Array)[], now: boolean): boolean {
    return this.#isOver || this.#output.write(parts, now);
  }

  readBody(): void {
    this.#advance();
  }

  get hasWholeBody(): boolean {
    return this.#body.remaining <= (this.#rest?.length ?? 0);
  }

  limitBody(ms: number): void {
    if (!this.hasWholeBody) this.#clock.set(this.#timer, ms);
  }

  replied(): void {
    if (this.#body.remaining > 0) this.#clock.set(this.#timer, drainMs);
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

  received(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#advance();
  }

  drained(): void {
    this.#output.drained();
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
      if (!this.#isOver) this.#readOn();
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
    if (this.#body.remaining > 0) return this.#rest !== undefined && this.#readBody(stream, this.#rest);
    if (!this.#body.isTold) {
      this.#clock.clear(this.#timer);
      this.#body.tellEnd(stream);
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
    this.#clock.clear(this.#timer);
    this.#body.begin(head.contentLength ?? 0);
    const { length } = this.#heads;
    this.#rest = length === bytes.length ? undefined : bytes.subarray(length);
    this.#stream = new Http1Stream(head, this);
    this.#events.request(this.#stream);
    return true;
  }

  #readBody(stream: Http1Stream, bytes: Buffer): boolean {
    this.#rest = this.#body.read(stream, bytes);
    if (this.#body.isTooLong) this.#cut("unread");
    return true;
  }

  /** Reads on as long as nothing waits: with a request in flight only a read tells that its client has left. */
  #readOn(): void {
    this.#reader.reads(this.#rest === undefined || (this.#stream === undefined && !this.#socket.writableNeedDrain));
  }

  #handOver(): void {
    this.#release();
    this.#reader.handOver(this.#rest, socket => this.#events.handOver(socket));
  }

  #release(): void {
    this.#isOver = true;
    this.#clock.clear(this.#timer);
    this.#output.over();
    this.#reader.release();
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

  ended(): void {
    this.#hasEnded = true;
    if (this.#isOver) return;
    if (this.#stream === undefined) this.#close();
    // A body that is cut short is no request.
    else if (!this.hasWholeBody) this.#socket.destroy();
  }

  lost(): void {
    this.#release();
    this.#stream?.lost();
    this.#stream = undefined;
  }
}
