import type { Clock } from "./clock.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { Floods } from "./floods.ts";
import { FrameReader } from "./frame-reader.ts";
import { ConnectionError, ErrorCode, maxInt31, preface } from "./frames.ts";
import { type ConnectionTimes, Housekeeping } from "./housekeeping.ts";
import { Inbound } from "./inbound.ts";
import { connectionGrowthBytes, MemoryBudget, processGrowth } from "./memory-budget.ts";
import { Outbound } from "./outbound.ts";
import type { Sink } from "./output.ts";
import { Pings } from "./pings.ts";
import { ConnectionReceiveWindow } from "./receive-window.ts";
import { Requests } from "./requests.ts";
import { Responses } from "./responses.ts";
import { PeerSettings, SettingId, settingsPayload } from "./settings.ts";
import { Shutdown } from "./shutdown.ts";
import { type SlabPool, slabs } from "./slabs.ts";
import { Starts } from "./starts.ts";
import { Stream } from "./stream.ts";
import { connectionEnd, type StreamEnd, type StreamEvents } from "./stream-events.ts";
import { Streams } from "./streams.ts";

/** What a connection stands on: a socket's session, or a test. */
export interface Rim extends Sink {
  /** Have `turn` called at the end of this turn of the event loop. */
  joinTurn(): void;
  /** Have nothing more received until `resumeReading`. */
  pauseReading(): void;
  resumeReading(): void;
  /** All is written that ever will be. */
  end(): void;
}

/** Whoever a connection works for. */
export interface ConnectionEvents {
  /** Server only: a request. Its stream is to be listened to, answered, and `settled`. */
  request?(stream: Stream): void;
  /** No new streams: either side leaves, and those that run go on. */
  leaving?(reason: string): void;
  /** It is over, with all streams; `code` is one of `ErrorCode`. */
  closed?(code: number, reason: string): void;
  /** A bug, of the engine or of a listener, has ended this connection, and this one alone. */
  failed?(error: unknown): void;
}

/** A connection's settings. */
export interface ConnectionOptions extends ConnectionTimes {
  /** Streams the peer may have open. Defaults to 100. Twice as many calls may run, those included that were reset. */
  readonly maxStreams?: number;
  /** Bytes of a head, as RFC 9113 section 6.5.2 counts them. Defaults to 16,384. */
  readonly maxHeaderListSize?: number;
  /** Where slabs come from; for tests. */
  readonly slabs?: SlabPool;
  /** Memory of receive windows beyond their default, of all connections. Defaults to 256 MiB for the process. */
  readonly growth?: MemoryBudget;
}

/**
 * One HTTP/2 connection without its socket, RFC 9113: bytes and time come in, bytes and events go out. Its parts know
 * it, and through it each other.
 */
export class Connection implements ConnectionParts {
  readonly isServer: boolean;
  readonly clock: Clock;
  readonly #rim: Rim;
  readonly #events: ConnectionEvents;
  readonly #maxStreams: number;
  readonly peer = new PeerSettings();
  readonly window = new ConnectionReceiveWindow();
  readonly growth: MemoryBudget;
  readonly streams: Streams;
  readonly floods: Floods;
  readonly pings = new Pings();
  readonly shutdown: Shutdown;
  readonly starts: Starts;
  readonly outbound: Outbound;
  readonly reader: FrameReader;
  readonly #housekeeping: Housekeeping;
  /** The clock as of the last bytes received. */
  now: number;
  lastReceived: number;
  /** When the last stream closed; of no meaning while some are open. */
  idleSince: number;
  /** Whether the peer has acknowledged our SETTINGS. */
  isSettled = false;
  /** Whether all is over: nothing is read or written any more. */
  isDead = false;
  readonly #settingsAt: number;
  #isPeerLeaving = false;
  /** Client: streams above the peer's limit. */
  readonly #pending: Stream[] = [];
  #hasJoined = false;
  #isReadingPaused = false;

  constructor(isServer: boolean, rim: Rim, clock: Clock, events: ConnectionEvents, options: ConnectionOptions = {}) {
    const { maxStreams = 100, maxHeaderListSize = 16_384, growth = processGrowth } = options;
    this.isServer = isServer;
    this.clock = clock;
    this.#rim = rim;
    this.#events = events;
    this.#maxStreams = maxStreams;
    this.now = clock.now();
    this.lastReceived = this.now;
    this.idleSince = this.now;
    this.#settingsAt = this.now;
    this.growth = new MemoryBudget(connectionGrowthBytes, growth);
    this.streams = new Streams(isServer);
    this.floods = new Floods(this.now, name => this.shutDown(name));
    this.shutdown = new Shutdown(isServer);
    this.starts = new Starts(stream => events.request?.(stream));
    this.outbound = new Outbound(this, rim, options.slabs ?? slabs);
    const incoming = isServer ? new Requests(this, maxStreams) : new Responses(this);
    this.reader = new FrameReader(new Inbound(this, incoming, maxHeaderListSize), isServer);
    this.#housekeeping = new Housekeeping(this, options);
    this.#greet(maxHeaderListSize);
  }

  /** RFC 9113 section 3.4. */
  #greet(maxHeaderListSize: number): void {
    const { frames, output } = this.outbound;
    if (!this.isServer) output.append(preface);
    frames.settings(
      settingsPayload([
        this.isServer ? [SettingId.maxConcurrentStreams, this.#maxStreams] : [SettingId.enablePush, 0],
        [SettingId.maxHeaderListSize, maxHeaderListSize],
      ]),
    );
    frames.windowUpdate(0, this.window.open());
    this.wrote();
  }

  /** Bytes from the peer. */
  receive(chunk: Buffer): void {
    if (this.isDead) return;
    this.now = this.clock.now();
    this.lastReceived = this.now;
    try {
      this.reader.receive(chunk);
      if (this.starts.run()) this.wrote();
      if (this.reader.inBlock) this.#housekeeping.wake();
    } catch (error) {
      this.caught(error);
    }
  }

  /** The end of a turn of the event loop: all that was written goes out at once. */
  turn(): void {
    this.#hasJoined = false;
    if (this.isDead) return;
    try {
      this.starts.turn();
      if (this.starts.run()) this.wrote();
      this.#send();
    } catch (error) {
      this.caught(error);
    }
  }

  /** The socket has room again. */
  writable(): void {
    if (this.isDead) return;
    try {
      this.#send();
    } catch (error) {
      this.caught(error);
    }
    if (!this.#isReadingPaused || this.outbound.output.clogged) return;
    this.#isReadingPaused = false;
    this.#rim.resumeReading();
  }

  /** Time has passed. */
  tick(): void {
    if (this.isDead) return;
    this.now = this.clock.now();
    try {
      this.#housekeeping.look(this.now);
    } catch (error) {
      this.caught(error);
    }
  }

  #send(): void {
    this.outbound.run();
    this.outbound.output.flush();
    if (this.#isReadingPaused || !this.outbound.output.clogged) return;
    this.#isReadingPaused = true;
    this.#housekeeping.wake();
    this.#rim.pauseReading();
  }

  /** There is something to look after from time to time. */
  wake(): void {
    this.#housekeeping.wake();
  }

  /** Ends the connection for an error that was thrown: by the peer's fault, or by a bug. */
  caught(error: unknown): void {
    if (error instanceof ConnectionError) {
      this.fail(error.code, error.message);
      return;
    }
    this.#events.failed?.(error);
    this.fail(ErrorCode.internalError, "internal error");
  }

  /** Something was written: it goes out at the turn's end. */
  wrote(): void {
    if (this.#hasJoined) return;
    this.#hasJoined = true;
    this.#rim.joinTurn();
  }

  /** Whether `open` may be called. */
  get isOpen(): boolean {
    return !this.isDead && !this.#isPeerLeaving && !this.shutdown.isStarted && this.streams.nextOwnId < maxInt31;
  }

  /** Whether the next stream opened is sent at once, and has not to wait for others to close. */
  get hasRoom(): boolean {
    return this.isOpen && this.#pending.length === 0 && this.streams.size < this.peer.maxStreams;
  }

  /**
   * Client: sends a request's head, `fields` and then `more`; with `end` it is all of the request. Above the peer's
   * limit the stream waits for others to close. Throws where the connection takes no new streams: see `isOpen`.
   */
  open(fields: readonly string[], events: StreamEvents, more?: readonly string[], end = false): Stream {
    if (!this.isOpen) throw new Error("the connection takes no new streams");
    const waits = !this.hasRoom;
    const stream = new Stream(this, 0);
    stream.listen(events);
    stream.isHeadRequest = fields[fields.indexOf(":method") + 1] === "HEAD";
    if (waits) this.#pending.push(stream);
    else this.#begin(stream);
    stream.sendRequest(fields, more, end, waits);
    return stream;
  }

  #begin(stream: Stream): void {
    stream.id = this.streams.takeId();
    stream.sendWindow.available = this.peer.initialWindow;
    this.streams.add(stream);
    this.floods.opened();
    this.#housekeeping.wake();
  }

  #beginPending(): void {
    while (this.#pending.length > 0 && this.isOpen && this.streams.size < this.peer.maxStreams) {
      const stream = this.#pending.shift();
      if (stream === undefined) return;
      this.#begin(stream);
      stream.release();
    }
  }

  /** A stream has closed. */
  streamClosed(stream: { readonly id: number; readonly readEnded: boolean }, end: StreamEnd): void {
    if (stream.id === 0) {
      const at = this.#pending.indexOf(stream as Stream);
      if (at >= 0) this.#pending.splice(at, 1);
      return;
    }
    this.streams.remove(stream.id, !stream.readEnded && end.by !== "peer");
    if (this.isDead) return;
    if (this.#pending.length > 0) this.#beginPending();
    if (this.streams.size > 0) return;
    this.idleSince = this.now;
    this.#endIfDone();
  }

  /** A call that was started is over. */
  settled(): void {
    this.starts.settled();
    this.#endIfDone();
  }

  settingsReceived(): void {
    this.#beginPending();
  }

  settingsAcknowledged(): void {
    if (this.isSettled) throw new ConnectionError(ErrorCode.protocolError, "SETTINGS are acknowledged twice");
    this.isSettled = true;
    this.pings.measured(this.now - this.#settingsAt, this.now);
  }

  /** The peer has done what its fault alone explains. Counts on a server; a client ends the stream and goes on. */
  faulty(): void {
    if (!this.isServer) return;
    this.floods.fault(this.now);
    this.floods.reset(this.now);
  }

  /** A body was broken off for its slowness. */
  slowBody(): void {
    if (this.isServer) this.floods.reset(this.now);
  }

  /** The peer's GOAWAY: what it will not do may be sent elsewhere (RFC 9113 section 6.8). */
  peerLeaves(lastId: number, code: number, text: string): void {
    const isFirst = !this.#isPeerLeaving;
    this.#isPeerLeaving = true;
    const reason = text || "the peer leaves";
    if (isFirst) this.#events.leaving?.(reason);
    if (!this.isServer) {
      for (const stream of [...this.#pending, ...this.streams.values()]) {
        if (stream.id === 0 || stream.id > lastId) stream.close(connectionEnd(code, reason, true));
      }
    }
    this.#endIfDone();
  }

  /** Ends gracefully: no new streams, and the end with the last that is open. `text` is told to the peer. */
  shutDown(text = ""): void {
    if (this.isDead || this.shutdown.isStarted) return;
    this.shutdown.start(text, this.now, this.streams.lastPeerId, this.outbound.frames, this.pings);
    this.#housekeeping.wake();
    this.wrote();
    this.#events.leaving?.(text);
    for (const stream of [...this.#pending])
      stream.close(connectionEnd(ErrorCode.noError, "the connection ends", true));
    this.#endIfDone();
  }

  /** The peer knows of our leaving, or has had the time to. */
  confirmShutdown(): void {
    this.shutdown.confirm(this.streams.lastPeerId, this.outbound.frames);
    this.wrote();
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.isDead || this.streams.size > 0 || this.starts.count > 0) return;
    if (!this.shutdown.isFinal && !(this.#isPeerLeaving && !this.isServer)) return;
    this.#die(ErrorCode.noError, "the connection ended");
  }

  /** Ends at once, with GOAWAY. `message` is told to the peer and to all streams. */
  fail(code: number, message: string): void {
    if (this.isDead) return;
    this.outbound.frames.goaway(this.streams.lastPeerId, code, message);
    this.#die(code, message);
  }

  /** The socket is gone. */
  lost(message = "the connection was lost"): void {
    if (!this.isDead) this.#die(ErrorCode.cancel, message);
  }

  #die(code: number, message: string): void {
    this.reader.stop();
    this.#housekeeping.stop();
    this.outbound.output.flush();
    this.isDead = true;
    this.#rim.end();
    for (const stream of this.#pending.splice(0)) this.#bury(stream, connectionEnd(code, message, true));
    for (const stream of this.streams.values()) this.#bury(stream, connectionEnd(code, message, false));
    this.#events.closed?.(code, message);
  }

  /** One listener's error must not keep the others from being told. */
  #bury(stream: Stream, end: StreamEnd): void {
    try {
      stream.close(end);
    } catch (error) {
      this.#events.failed?.(error);
    }
  }
}
