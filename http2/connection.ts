import type { Clock } from "./clock.ts";
import { type ConnectionEvents, type ConnectionOptions, type Rim, withDefaults } from "./connection-options.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { Ending } from "./ending.ts";
import { Floods } from "./floods.ts";
import { FrameReader } from "./frame-reader.ts";
import { Handshake } from "./handshake.ts";
import { Housekeeping } from "./housekeeping.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { Inbound } from "./inbound.ts";
import { connectionGrowthBytes, connectionMessageBytes, MemoryBudget } from "./memory-budget.ts";
import { Opener } from "./opener.ts";
import { Outbound } from "./outbound.ts";
import { Pings } from "./pings.ts";
import { ConnectionReceiveWindow } from "./receive-window.ts";
import { Requests } from "./requests.ts";
import { Responses } from "./responses.ts";
import { Sending } from "./sending.ts";
import { PeerSettings } from "./settings.ts";
import { Shutdown } from "./shutdown.ts";
import { slabs } from "./slabs.ts";
import { Starts } from "./starts.ts";
import type { Stream } from "./stream.ts";
import type { ClosedStream } from "./stream-context.ts";
import type { StreamEnd, StreamEvents } from "./stream-events.ts";
import { StreamWindow } from "./stream-window.ts";
import { Streams } from "./streams.ts";

/**
 * One HTTP/2 connection without its socket, RFC 9113: bytes and time come in, bytes and events go out. Its parts know
 * it, and through it each other.
 */
export class Connection implements ConnectionParts {
  readonly isServer: boolean;
  readonly clock: Clock;
  readonly #events: ConnectionEvents;
  readonly peer = new PeerSettings();
  readonly window = new ConnectionReceiveWindow();
  readonly growth: MemoryBudget;
  readonly streamWindow: StreamWindow;
  readonly messages = new MemoryBudget(connectionMessageBytes);
  readonly streams: Streams;
  readonly floods: Floods;
  readonly pings = new Pings();
  readonly shutdown: Shutdown;
  readonly starts: Starts;
  readonly outbound: Outbound;
  readonly decoder: HpackDecoder;
  readonly reader: FrameReader;
  readonly #housekeeping: Housekeeping;
  /** The clock as of the last bytes received. */
  now: number;
  lastReceived: number;
  /** When the last stream closed; of no meaning while some are open. */
  idleSince: number;
  readonly #handshake = new Handshake();
  readonly #opener = new Opener(this);
  readonly #ending: Ending;
  readonly #sending: Sending;

  constructor(isServer: boolean, rim: Rim, clock: Clock, events: ConnectionEvents, options: ConnectionOptions = {}) {
    const settings = withDefaults(options);
    this.isServer = isServer;
    this.clock = clock;
    this.#events = events;
    this.now = clock.now();
    this.lastReceived = this.now;
    this.idleSince = this.now;
    this.streamWindow = new StreamWindow(this, this.#handshake, isServer ? settings.maxStreams : undefined, settings);
    this.growth = new MemoryBudget(connectionGrowthBytes, settings.growth);
    this.streams = new Streams(isServer);
    this.floods = new Floods(this, this.now);
    this.shutdown = new Shutdown(isServer);
    this.#ending = new Ending(this, rim, events, this.#opener);
    this.outbound = new Outbound(this, rim, options.slabs ?? slabs, isServer ? settings.unsent : undefined);
    this.starts = new Starts(events, this.outbound);
    this.#sending = new Sending(rim, this.outbound, this);
    this.decoder = new HpackDecoder({ maxListSize: settings.maxHeaderListSize });
    const incoming = isServer ? new Requests(this, settings.maxStreams) : new Responses(this);
    // Twice as many bytes as are read: what no honest peer sends, Huffman's longest codes among it.
    this.reader = new FrameReader(new Inbound(this, incoming), isServer, 2 * settings.maxHeaderListSize);
    this.#housekeeping = new Housekeeping(this, options);
    this.#handshake.send(this.outbound, this.window, isServer ? settings.maxStreams : undefined, settings, this.now);
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
    this.#sending.turnEnded();
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
    this.#sending.readOn();
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
    this.#sending.send();
    // What waited for less to be queued may start now.
    if (this.starts.isDue) this.wrote();
  }

  wake(): void {
    this.#housekeeping.wake();
  }

  caught(error: unknown): void {
    this.#ending.caught(error);
  }

  wrote(): void {
    this.#sending.wrote();
  }

  get isDead(): boolean {
    return this.#ending.isDead;
  }

  get isSettled(): boolean {
    return this.#handshake.isSettled;
  }

  /** Whether `open` may be called. */
  get isOpen(): boolean {
    return !this.isDead && !this.#ending.isPeerLeaving && !this.shutdown.isStarted && this.#opener.hasIds;
  }

  /** Whether the next stream opened is sent at once, and has not to wait for others to close. */
  get hasRoom(): boolean {
    return this.isOpen && this.#opener.hasRoom;
  }

  /**
   * Client: sends a request's head, `fields` and then `more`; with `end` it is all of the request. Above the peer's
   * limit the stream waits for others to close. Throws where the connection takes no new streams: see `isOpen`.
   */
  open(fields: readonly string[], events: StreamEvents, more?: readonly string[], end = false): Stream {
    if (!this.isOpen) throw new Error("the connection takes no new streams");
    return this.#opener.open(fields, events, more, end);
  }

  streamClosed(stream: ClosedStream, end: StreamEnd): void {
    if (stream.isWaiting) this.starts.dropped(stream);
    if (stream.id === 0) {
      this.#opener.drop(stream);
      return;
    }
    this.streams.remove(stream.id, !stream.readEnded && end.by !== "peer");
    if (this.isServer && end.by !== "finished") this.#events.broken?.(end);
    if (this.isDead) return;
    this.streamWindow.callOver();
    this.#opener.next();
    if (this.streams.size > 0) return;
    this.idleSince = this.clock.now();
    this.#ending.endIfDone();
  }

  settled(): void {
    this.starts.settled();
  }

  settingsReceived(): void {
    this.#opener.next();
    this.#events.settings?.();
  }

  settingsAcknowledged(): void {
    this.streamWindow.acknowledged();
  }

  faulty(): void {
    if (!this.isServer) return;
    this.floods.fault(this.now);
    this.floods.reset(this.now);
  }

  overdue(stream: Stream, code: number, message: string): void {
    stream.fail(code, message);
    this.#events.cut?.(message);
    if (this.isServer) this.floods.reset(this.now);
  }

  peerLeaves(lastId: number, code: number, text: string): void {
    this.#ending.peerLeaves(lastId, code, text);
  }

  /** Ends gracefully: no new streams, and the end with the last that is open. `text` is told to the peer. */
  shutDown(text = ""): void {
    this.#ending.leave(text);
  }

  confirmShutdown(): void {
    this.#ending.confirm();
  }

  /** Ends at once, with GOAWAY. `message` is told to the peer and to all streams. */
  fail(code: number, message: string): void {
    this.#ending.fail(code, message);
  }

  /** The socket is gone. */
  lost(message = "the connection was lost"): void {
    this.#ending.lost(message);
  }

  stop(): void {
    this.reader.stop();
    this.#housekeeping.stop();
    this.outbound.output.flush();
  }
}
