import type { ConnectionParts } from "./connection-parts.ts";
import type { FrameHandler } from "./frame-handler.ts";
import { ConnectionError, ErrorCode } from "./frames.ts";
import type { DecodedBlock } from "./hpack/decoder.ts";
import { HpackError } from "./hpack/hpack-error.ts";
import type { Incoming } from "./incoming.ts";
import { PingPurpose } from "./pings.ts";
import type { Stream } from "./stream.ts";
import { finished, resetByPeer } from "./stream-events.ts";
import { StreamFrame, Verdict, verdictOn } from "./stream-state.ts";

/** What a connection receives: each frame goes to its stream, or to the part of the connection that it concerns. */
export class Inbound implements FrameHandler {
  readonly #connection: ConnectionParts;
  readonly #incoming: Incoming;
  /** Of the DATA frame that is being read: its stream unless it is dropped, its bytes, and of these the data. */
  #dataStream: Stream | undefined = undefined;
  #frameBytes = 0;
  #dataBytes = 0;
  #endStream = false;

  /** `incoming` takes the heads, which differ between server and client. */
  constructor(connection: ConnectionParts, incoming: Incoming) {
    this.#connection = connection;
    this.#incoming = incoming;
  }

  dataStarted(id: number, length: number, endStream: boolean): void {
    const connection = this.#connection;
    const verdict = this.#verdictOn(id, StreamFrame.data, "DATA");
    // Also what is dropped counts, RFC 9113 section 6.9.
    if (!connection.window.receive(length)) {
      throw new ConnectionError(ErrorCode.flowControlError, "DATA exceeds the connection's window");
    }
    const stream = verdict === Verdict.accept ? connection.streams.get(id) : undefined;
    if (stream !== undefined && !stream.window.receive(length)) {
      throw new ConnectionError(ErrorCode.flowControlError, `DATA exceeds the window of stream ${id}`);
    }
    this.#dataStream = stream;
    this.#frameBytes = length;
    this.#dataBytes = 0;
    this.#endStream = endStream;
    if (stream !== undefined && !this.#incoming.mayHaveData(stream)) this.#malformed(stream, "DATA before a head");
  }

  data(chunk: Buffer): void {
    this.#dataBytes += chunk.length;
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    stream.receiveData(chunk);
    if (!stream.isWithinLength) this.#malformed(stream, "the body exceeds its content-length");
  }

  dataEnded(): void {
    const connection = this.#connection;
    connection.streamWindow.refill();
    if (this.#dataBytes === 0 && !this.#endStream) connection.floods.control(connection.now);
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined || stream.isClosed) return;
    if (this.#endStream) this.#endBody(stream, undefined);
    else if (this.#frameBytes > this.#dataBytes) stream.receivePadding(this.#frameBytes - this.#dataBytes);
  }

  headers(id: number, block: Buffer, endStream: boolean): void {
    const decoded = this.#decode(block);
    const verdict = this.#verdictOn(id, StreamFrame.headers, "HEADERS");
    if (verdict === Verdict.discard) return;
    if (verdict === Verdict.open) {
      this.#incoming.opened(id, decoded, endStream);
      return;
    }
    const stream = this.#connection.streams.get(id);
    if (stream === undefined) return;
    const trailers = this.#incoming.head(stream, decoded, endStream);
    if (!endStream || stream.isClosed) return;
    this.#endBody(stream, trailers);
  }

  #decode(block: Buffer): DecodedBlock {
    let decoded: DecodedBlock;
    try {
      decoded = this.#connection.decoder.decode(block);
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError(ErrorCode.compressionError, error.message);
      throw error;
    }
    if (decoded.farTooLarge) throw new ConnectionError(ErrorCode.enhanceYourCalm, "a head is far too large");
    return decoded;
  }

  #endBody(stream: Stream, trailers: Parameters<Stream["receiveEnd"]>[0]): void {
    if (stream.receiveEnd(trailers)) stream.receivedAll();
    else this.#malformed(stream, "the body is not as long as its content-length");
  }

  /** RFC 9113 section 8.1.1: a stream error, as a proxy may have passed it on. */
  #malformed(stream: Stream, message: string): void {
    stream.fail(ErrorCode.protocolError, message);
    this.#connection.faulty();
  }

  priority(): void {
    this.#connection.floods.control(this.#connection.now);
  }

  unknown(): void {
    this.#connection.floods.control(this.#connection.now);
  }

  reset(id: number, code: number): void {
    const connection = this.#connection;
    if (this.#verdictOn(id, StreamFrame.reset, "RST_STREAM") !== Verdict.accept) return;
    const stream = connection.streams.get(id);
    if (stream === undefined) return;
    const isServed = stream.request !== undefined;
    const isDone = isServed ? stream.writeEnded : stream.readEnded;
    // grpc-go's client, and servers after an early reply, end like this what is over (section 8.1).
    stream.close(isDone && code === ErrorCode.noError ? finished : resetByPeer(code));
    if (isServed && !isDone) connection.floods.reset(connection.now);
  }

  settings(entries: Buffer): void {
    const connection = this.#connection;
    connection.floods.control(connection.now);
    connection.peer.apply(entries, difference => this.#moveWindows(difference));
    connection.outbound.encoder.setPeerTableSize(connection.peer.headerTableSize);
    connection.outbound.frames.settingsAck();
    connection.wrote();
    connection.settingsReceived();
  }

  /** RFC 9113 section 6.9.2: the windows of all streams move, below zero, too. */
  #moveWindows(difference: number): void {
    const { streams, outbound } = this.#connection;
    for (const stream of streams.values()) {
      if (!stream.sendWindow.add(difference)) {
        throw new ConnectionError(ErrorCode.flowControlError, "INITIAL_WINDOW_SIZE makes a stream's window overflow");
      }
      if (difference > 0) outbound.streamWidened(stream);
    }
  }

  settingsAcknowledged(): void {
    this.#connection.settingsAcknowledged();
  }

  ping(payload: Buffer, ack: boolean): void {
    const connection = this.#connection;
    if (ack) {
      if (connection.pings.acknowledged(payload, connection.now) === PingPurpose.shutdown) connection.confirmShutdown();
      return;
    }
    connection.outbound.frames.ping(payload, true);
    connection.wrote();
    connection.floods.ping(connection.now);
  }

  goaway(lastId: number, code: number, text: Buffer): void {
    this.#connection.peerLeaves(lastId, code, text.toString("latin1", 0, 256));
  }

  windowUpdate(id: number, increment: number): void {
    const connection = this.#connection;
    // Section 6.9, whatever has become of the stream.
    if (increment === 0) throw new ConnectionError(ErrorCode.protocolError, `WINDOW_UPDATE of 0 on stream ${id}`);
    if (id === 0) {
      if (!connection.outbound.widened(increment)) {
        throw new ConnectionError(ErrorCode.flowControlError, "the connection's window exceeds 2147483647");
      }
    } else if (this.#verdictOn(id, StreamFrame.windowUpdate, "WINDOW_UPDATE") === Verdict.accept) {
      const stream = connection.streams.get(id);
      if (stream !== undefined) this.#widen(stream, increment);
    }
    connection.floods.windowUpdate(connection.now);
    connection.wrote();
  }

  #widen(stream: Stream, increment: number): void {
    if (stream.sendWindow.add(increment)) {
      this.#connection.outbound.streamWidened(stream);
      return;
    }
    // Section 6.9.1 asks for the stream's end; whoever does this does not count.
    const message = `the window of stream ${stream.id} exceeds 2147483647`;
    stream.fail(ErrorCode.flowControlError, message);
    throw new ConnectionError(ErrorCode.flowControlError, message);
  }

  #verdictOn(id: number, frame: number, name: string): number {
    const verdict = verdictOn(this.#connection.streams.stateOf(id), frame);
    if (verdict === Verdict.streamClosed) {
      throw new ConnectionError(ErrorCode.streamClosed, `${name} on stream ${id}, which is closed`);
    }
    if (verdict === Verdict.protocolError) {
      throw new ConnectionError(ErrorCode.protocolError, `${name} on stream ${id}, which is not open`);
    }
    return verdict;
  }
}
