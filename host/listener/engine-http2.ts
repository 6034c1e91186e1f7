import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ConnectionEvents } from "../../http2/connection-options.ts";
import { Session, type SessionOptions } from "../../http2/session.ts";
import type { Stream } from "../../http2/stream.ts";
import type { StreamEnd } from "../../http2/stream-events.ts";
import { Unsent } from "../../http2/unsent.ts";
import type { BridgedStream } from "../http2-bridge/host-stream.ts";
import { serveStream } from "../http2-bridge/serve-request.ts";
import { LaneConnection } from "../lanes/lane-connection.ts";
import type { Connection, ServedConnection } from "./connection.ts";
import { maxHeaderBytes } from "./http-options.ts";
import type { Http2Server, Http2ServerOptions } from "./http2-server.ts";
import { noStreams, type ResetBy, type StreamCounts } from "./port-counts.ts";

/** What a far client may send on a stream at first, in bytes: a message of 4 MiB, gRPC's largest by default, and its frame. */
const farStreamWindow = 4 * 1024 * 1024 + 65_536;

/** How the engine serves HTTP/2. */
export interface EngineHttp2Options extends Http2ServerOptions {
  /** Hears of an exception that has ended a connection. */
  readonly onFailure: (error: unknown) => void;
}

/** What all connections share. */
interface Serving extends EngineHttp2Options {
  handler: RequestListener;
  readonly session: SessionOptions;
  readonly counts: StreamCounts;
}

/** Serves HTTP/2 by our own engine, `http2/`. */
export function createEngineHttp2(options: EngineHttp2Options): Http2Server {
  const { limits } = options;
  const serving: Serving = {
    ...options,
    handler: () => undefined,
    counts: noStreams(),
    session: {
      maxStreams: limits.maxStreamsPerConnection,
      farStreamWindow,
      maxHeaderListSize: maxHeaderBytes,
      maxIdleMs: limits.idleTimeoutMs,
      keepaliveMs: limits.keepaliveIntervalMs,
      keepaliveTimeoutMs: limits.keepaliveTimeoutMs,
      stallMs: limits.replyStallMs,
      unsent: new Unsent(limits.maxUnsentBytes),
      lingerMs: limits.lingerMs,
    },
  };
  return {
    counts: serving.counts,
    serve: (socket, connection) => void new EngineConnection(socket, connection, serving),
    handleBy(handler) {
      serving.handler = handler;
    },
  };
}

/** A connection that speaks HTTP/2: gives its requests to the express way, and what that leaves to the handler. */
class EngineConnection implements ConnectionEvents, ServedConnection {
  readonly #serving: Serving;
  readonly #connection: Connection;
  readonly #client: LaneConnection;
  readonly #session: Session;

  constructor(socket: Socket, connection: Connection, serving: Serving) {
    this.#serving = serving;
    this.#connection = connection;
    // Requests come in a later turn.
    this.#session = new Session(true, socket, this, serving.session);
    this.#client = new LaneConnection({
      socket,
      encrypted: socket instanceof TLSSocket,
      httpVersion: "2.0",
      maxUnsentBytes: serving.limits.maxUnsentBytesPerConnection,
      replies: this.#session.connection.outbound,
    });
    connection.startEngine(this);
  }

  request(stream: Stream): void {
    const { limits, express, isOpenEnded, handler, counts } = this.#serving;
    counts.streams++;
    const served = stream as BridgedStream;
    // Most bodies come with their heads.
    if (!stream.readEnded && !isOpenEnded(served.request.path)) stream.limitBody(limits.bodyTimeoutMs);
    if (!express?.take(served, this.#client)) serveStream(handler, served, this.#client);
  }

  get openStreams(): number {
    return this.#session.connection.streams.size;
  }

  broken({ by }: StreamEnd): void {
    this.#serving.counts.resets[by as ResetBy]++;
  }

  retire(): void {
    this.#session.connection.shutDown();
  }

  get idleSince(): number | undefined {
    const { streams, idleSince } = this.#session.connection;
    return streams.size > 0 ? undefined : idleSince;
  }

  /** The client's SETTINGS are its half of the handshake (RFC 9113 section 3.4). */
  settings(): void {
    this.#connection.shookHands();
  }

  cut(reason: string): void {
    this.#connection.noteCut(reason);
  }

  failed(error: unknown): void {
    this.#serving.onFailure(error);
  }
}
