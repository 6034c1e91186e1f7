import type { ConnectionEvents, Rim } from "./connection-options.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { ConnectionError, ErrorCode, errorName } from "./frames.ts";
import type { Opener } from "./opener.ts";
import type { Stream } from "./stream.ts";
import { connectionEnd, type StreamEnd } from "./stream-events.ts";

/** How a connection ends: gracefully by either side, by an error, or by its loss; and that its streams are told. */
export class Ending {
  readonly #connection: ConnectionParts;
  readonly #rim: Rim;
  readonly #events: ConnectionEvents;
  readonly #opener: Opener;
  isDead = false;
  /** Whether the peer has sent GOAWAY. */
  isPeerLeaving = false;
  /** Why it leaves. */
  #peerCode: number = ErrorCode.noError;
  #peerText = "";

  constructor(connection: ConnectionParts, rim: Rim, events: ConnectionEvents, opener: Opener) {
    this.#connection = connection;
    this.#rim = rim;
    this.#events = events;
    this.#opener = opener;
  }

  /** The peer's GOAWAY, RFC 9113 section 6.8. What a server will not do may be sent elsewhere. */
  peerLeaves(lastId: number, code: number, text: string): void {
    const connection = this.#connection;
    const reason = text || "the peer leaves";
    const isFirst = !this.isPeerLeaving;
    this.isPeerLeaving = true;
    this.#peerCode = code;
    this.#peerText = text;
    if (isFirst) this.#events.leaving?.(reason);
    if (connection.isServer) return;
    for (const stream of [...this.#opener.takeAll(), ...connection.streams.values()]) {
      if (stream.id === 0 || stream.id > lastId) stream.close(connectionEnd(code, reason, true));
    }
    this.endIfDone();
  }

  /** Leaves gracefully. */
  leave(text: string): void {
    const connection = this.#connection;
    const { shutdown, streams, outbound, pings } = connection;
    if (this.isDead || shutdown.isStarted) return;
    shutdown.start(text, connection.clock.now(), streams.lastPeerId, outbound.frames, pings);
    connection.wake();
    connection.wrote();
    this.#events.leaving?.(text);
    const end = connectionEnd(ErrorCode.noError, "the connection leaves", true);
    for (const stream of this.#opener.takeAll()) stream.close(end);
    this.endIfDone();
  }

  /** The peer knows of our leaving, or has had the time to. */
  confirm(): void {
    const { shutdown, streams, outbound } = this.#connection;
    shutdown.confirm(streams.lastPeerId, outbound.frames);
    this.#connection.wrote();
    this.endIfDone();
  }

  /** Ends a connection that is to end with its last stream. */
  endIfDone(): void {
    const { shutdown, streams, isServer } = this.#connection;
    if (this.isDead || streams.size > 0) return;
    if (shutdown.isFinal || (this.isPeerLeaving && !isServer))
      this.#dieAsPeerSays(ErrorCode.noError, "the connection ended");
  }

  fail(code: number, message: string): void {
    if (this.isDead) return;
    this.#connection.outbound.frames.goaway(this.#connection.streams.lastPeerId, code, message);
    this.#events.cut?.(message);
    this.#die(code, message);
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

  lost(message: string): void {
    if (this.isDead) return;
    this.#dieAsPeerSays(ErrorCode.cancel, message);
  }

  /** A peer that ends for an error has said so. */
  #dieAsPeerSays(code: number, message: string): void {
    if (this.#peerCode === ErrorCode.noError) this.#die(code, message);
    else this.#die(this.#peerCode, this.#peerText || errorName(this.#peerCode));
  }

  #die(code: number, message: string): void {
    const connection = this.#connection;
    connection.stop();
    this.isDead = true;
    this.#rim.end();
    for (const stream of this.#opener.takeAll()) this.#bury(stream, connectionEnd(code, message, true));
    for (const stream of connection.streams.values()) this.#bury(stream, connectionEnd(code, message, false));
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
