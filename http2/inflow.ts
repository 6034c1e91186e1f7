import type { Trailers } from "./message-fields.ts";
import { ReceiveBuffer } from "./receive-buffer.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { StreamContext } from "./stream-context.ts";
import type { StreamEvents } from "./stream-events.ts";

/** What the peer may still send of a request once its reply is out; then its window is left to close. */
export const maxDrainBytes = 8 * 1024 * 1024;

/** A stream's receiving side: its body's bytes, whether they are read, and its window. */
export abstract class Inflow {
  readonly connection: StreamContext;
  id: number;
  events: StreamEvents | undefined = undefined;
  /** Whether the peer has ended its side: END_STREAM was received. */
  readEnded = false;
  /** Whether nothing more comes or goes. */
  isClosed = false;
  readonly window: ReceiveWindow;
  /** When some of what waits to be sent last went, or began to wait; milliseconds of the connection's clock. */
  progressAt: number;
  /** When the body has to be complete. */
  bodyDueAt = Number.POSITIVE_INFINITY;
  /** What `content-length` states; -1 where nothing does. */
  statedLength = -1;
  #receivedLength = 0;
  #flowing = false;
  #delivering = false;
  #discarding = false;
  #discarded = 0;
  #endTold = false;
  /** Whether the body is kept for its reader although the stream is closed. */
  #isKept = false;
  #buffer: ReceiveBuffer | undefined = undefined;
  #trailers: Trailers | undefined = undefined;
  #retained = 0;

  constructor(connection: StreamContext, id: number) {
    this.connection = connection;
    this.id = id;
    this.window = new ReceiveWindow(connection.growth, connection.streamWindow.initial);
    this.progressAt = connection.now;
  }

  /** Starts to read the body, or goes on after `pause`. What has come already is told before this returns. */
  resume(): void {
    this.#flowing = true;
    this.#deliver();
  }

  /** Has nothing more told. The peer goes on sending until its window is used up. */
  pause(): void {
    this.#flowing = false;
  }

  /**
   * Opens the window for a message of which `bytes` are still to come, so that it takes two round trips at most. A hint:
   * nothing happens where the connection's memory is spent.
   */
  want(bytes: number): void {
    if (this.readEnded || this.isClosed) return;
    const increment = this.window.want(bytes);
    if (increment > 0) this.connection.outbound.widen(this.id, increment);
  }

  /**
   * Counts bytes of an incomplete message that the listener keeps, against the connection's 16 MiB. Returns false, and
   * counts nothing, where they are spent: the message is to be refused.
   */
  retain(bytes: number): boolean {
    if (this.isClosed || !this.connection.messages.take(bytes)) return false;
    this.#retained += bytes;
    return true;
  }

  /** The message is complete, or given up: none of it counts any more. A stream's end does the same. */
  release(): void {
    this.connection.messages.give(this.#retained);
    this.#retained = 0;
  }

  /** Has the stream reset with ENHANCE_YOUR_CALM unless the body is complete in time; Infinity for no limit. */
  limitBody(ms: number): void {
    this.bodyDueAt = this.connection.clock.now() + ms;
  }

  /** From now on what comes of the body is dropped. */
  discard(): void {
    if (this.#discarding) return;
    this.#discarding = true;
    const bytes = this.#clear();
    if (bytes > 0) this.#consume(bytes);
  }

  #clear(): number {
    const bytes = this.#buffer?.clear() ?? 0;
    this.#buffer = undefined;
    if (bytes > 0) this.connection.streamWindow.freed(bytes);
    return bytes;
  }

  /** Engine: a part of a DATA frame. */
  receiveData(chunk: Buffer): void {
    this.#receivedLength += chunk.length;
    if (this.#discarding) {
      this.#discarded += chunk.length;
      if (this.#discarded <= maxDrainBytes) this.#consume(chunk.length);
    } else if (this.#flowing && !this.#delivering && this.events !== undefined && this.#buffer === undefined) {
      this.events.data(chunk);
      this.#consume(chunk.length);
    } else {
      this.#buffer ??= new ReceiveBuffer();
      this.#buffer.push(chunk);
      this.connection.streamWindow.held(chunk.length);
    }
  }

  /** Engine: bytes that count on the window and are no data. */
  receivePadding(bytes: number): void {
    this.#consume(bytes);
  }

  /** Engine: END_STREAM. Returns false where the body is not as long as stated (RFC 9113 section 8.1.1). */
  receiveEnd(trailers: Trailers | undefined): boolean {
    this.readEnded = true;
    this.bodyDueAt = Number.POSITIVE_INFINITY;
    if (this.statedLength >= 0 && this.#receivedLength !== this.statedLength) return false;
    this.#trailers = trailers;
    return true;
  }

  /** Engine: whether the body so far is within its stated length. */
  get isWithinLength(): boolean {
    return this.statedLength < 0 || this.#receivedLength <= this.statedLength;
  }

  /** Engine: tells of the body's end, once all of it is told. */
  tellEnd(): void {
    if (this.#endTold || !this.#flowing || this.#delivering || this.#discarding) return;
    if (this.isClosed && !this.#isKept) return;
    if (!this.readEnded || this.#buffer !== undefined) return;
    this.#endTold = true;
    this.events?.ended(this.#trailers);
  }

  protected get isEndTold(): boolean {
    return this.#endTold;
  }

  /** Engine: keeps what has come whole of a closed stream, until it is read. Returns false where nothing is to be told. */
  protected keepBody(): boolean {
    this.#isKept = this.readEnded && !this.#endTold && !this.#discarding && this.events !== undefined;
    return this.#isKept;
  }

  #deliver(): void {
    // A listener that pauses and resumes while it is told: the loop below goes on.
    if (this.#delivering || this.events === undefined) return;
    this.#delivering = true;
    while (this.#flowing && !this.#discarding && this.#buffer !== undefined) {
      const chunk = this.#buffer.shift();
      if (this.#buffer.isEmpty) this.#buffer = undefined;
      if (chunk === undefined) break;
      this.connection.streamWindow.freed(chunk.length);
      this.events.data(chunk);
      this.#consume(chunk.length);
    }
    this.#delivering = false;
    this.tellEnd();
  }

  #consume(bytes: number): void {
    if (this.readEnded || this.isClosed) return;
    const { connection } = this;
    const increment = this.window.consume(bytes, connection.now, connection.pings.roundTripMs);
    if (increment > 0) connection.outbound.widen(this.id, increment);
  }

  /** Engine: nothing more is told; lets go of memory. */
  protected closeInflow(): void {
    this.#isKept = false;
    this.#clear();
    this.window.close();
    this.release();
  }
}
