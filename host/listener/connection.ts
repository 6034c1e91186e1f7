import type { ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { peerText } from "../interceptors/call-source.ts";
import { Deadlines, type Perishable } from "./deadlines.ts";
import type { ListenerLimits } from "./limits.ts";
import type { RefusalWatch } from "./refusals.ts";
import { guardSession } from "./session-guard.ts";

/** A connection as an engine of ours serves it. */
export interface ServedConnection {
  /** HTTP/2: streams that are open. */
  readonly openStreams?: number;
  /** HTTP/1.1: asks the client to send its next request elsewhere. */
  closeAfterResponse?(): void;
  /** Takes no more requests, and ends with the last one in flight. */
  retire(): void;
  /** See `Connection.idleSince`. */
  readonly idleSince: number | undefined;
}

/** Who follows connections: the same object for all of them. */
export interface ConnectionFollower {
  /** A limit has ended the connection, or a request on it. */
  cut(connection: Connection, reason: string): void;
  /** Its socket is closed. */
  closed(connection: Connection): void;
}

/**
 * One client's connection from its first byte to its last, with the timers that end it. Owns the socket. Most connections are
 * idle, so what an idle one does not need is made when it is needed.
 */
export class Connection implements Perishable {
  /** The network that it counts for; undefined where it has no share to keep to. */
  readonly network: string | undefined;
  /** When it was accepted, in milliseconds of `performance.now()`. */
  readonly openedAt = performance.now();
  readonly #socket: Socket;
  readonly #limits: ListenerLimits;
  readonly #follower: ConnectionFollower;
  /** Responses in flight of an HTTP/1.1 connection. */
  #responses: Set<ServerResponse> | undefined = undefined;
  readonly #deadlines: Deadlines;
  /** The socket that HTTP is spoken on: the TLS socket, where there is one. */
  #top: Socket;
  #protocol: "http1" | "http2" | "engine" | undefined;
  /** What of ours serves the connection. */
  #served: ServedConnection | undefined;
  #session: ServerHttp2Session | undefined;
  /** Of a session of node:http2. */
  #sessionIdleSince: (() => number | undefined) | undefined = undefined;
  /** When the last request was done, be it none. */
  #quietSince = performance.now();
  #closing = false;
  #retired = false;

  constructor(socket: Socket, network: string | undefined, limits: ListenerLimits, follower: ConnectionFollower) {
    this.network = network;
    this.#socket = socket;
    this.#top = socket;
    this.#limits = limits;
    this.#follower = follower;
    this.#deadlines = new Deadlines(this, limits);
    // A connection that breaks is closed, and the protocols' own listeners do the rest.
    socket.on("error", destroy);
    socket.on("close", () => this.#closed());
  }

  /** Address and port at the other end; empty over a Unix domain socket. */
  get peer(): string {
    return peerText(this.#socket.remoteAddress, this.#socket.remotePort);
  }

  /** What the connection speaks; undefined before that is known. */
  get protocol(): "http1" | "http2" | undefined {
    return this.#protocol === "engine" ? "http2" : this.#protocol;
  }

  /** Streams that are open on it, where our HTTP/2 engine serves it. */
  get openStreams(): number {
    return this.#served?.openStreams ?? 0;
  }

  /** The connection speaks HTTP/1.1, served by `node:http`. */
  startHttp1(): void {
    this.#protocol = "http1";
    this.#served = undefined;
    this.shookHands();
  }

  /** The connection speaks HTTP/1.1, and has plain calls on it for now. */
  startFastPath(session: ServedConnection): void {
    this.startHttp1();
    this.#serveBy(session);
  }

  /**
   * The connection speaks HTTP/2 on `socket`, its own or the TLS socket over it. The handshake lasts until the client's
   * SETTINGS (RFC 9113 section 3.4).
   */
  startHttp2(session: ServerHttp2Session, socket: Socket, refusals: RefusalWatch): void {
    this.#protocol = "http2";
    this.#session = session;
    this.#top = socket;
    session.once("remoteSettings", () => this.shookHands());
    // The stream's own error says what the client may know; an unhandled one would end the process.
    session.on("error", () => session.destroy());
    this.#sessionIdleSince = guardSession(session, socket, this.#limits, refusals, {
      free: () => this.#linger(),
      idle: () => this.retire(),
      broken: reason => {
        this.noteCut(reason);
        session.destroy();
        // A peer that does not read keeps the session from ending by itself.
        this.#deadlines.after(this.#limits.lingerMs, () => this.#socket.destroy());
      },
    });
    if (this.#retired) session.close();
  }

  /** The connection speaks HTTP/2 by our engine, which ends a retired one with its last stream. */
  startEngine(session: ServedConnection): void {
    this.#protocol = "engine";
    this.#serveBy(session);
  }

  #serveBy(session: ServedConnection): void {
    this.#served = session;
    if (this.#closing) session.closeAfterResponse?.();
    if (this.#retired) session.retire();
  }

  /** Since when it is without a request, in milliseconds of `performance.now()`; undefined while it has one. */
  get idleSince(): number | undefined {
    if (this.#served !== undefined) return this.#served.idleSince;
    if (this.#sessionIdleSince !== undefined) return this.#sessionIdleSince();
    return this.#isAnswering ? undefined : this.#quietSince;
  }

  /** The handshake is over. */
  shookHands(): void {
    this.#deadlines.shookHands();
  }

  /** A limit has ended the connection, or a request on it. */
  noteCut(reason: string): void {
    this.#follower.cut(this, reason);
  }

  #closed(): void {
    this.#deadlines.clear();
    this.#follower.closed(this);
  }

  get #isAnswering(): boolean {
    return this.#responses !== undefined && this.#responses.size > 0;
  }

  /** An HTTP/1.1 request is in flight until its response is closed. */
  serve(response: ServerResponse): void {
    this.#responses ??= new Set();
    const responses = this.#responses.add(response);
    if (this.#closing) response.shouldKeepAlive = false;
    response.once("close", () => {
      responses.delete(response);
      this.#quietSince = performance.now();
      if (this.#closing && !this.#isAnswering) this.#socket.destroySoon();
    });
  }

  /** Asks an HTTP/1.1 client to send its next request elsewhere; the connection closes after the one in flight. */
  closeAfterResponse(): void {
    this.#closing = true;
    this.#served?.closeAfterResponse?.();
    for (const response of this.#responses ?? []) response.shouldKeepAlive = false;
  }

  /**
   * Takes no more requests and finishes those in flight. An HTTP/2 client is sent GOAWAY, and after the last stream
   * gets `lingerMs` to leave: resetting what it sends would keep it from reading which requests were served.
   */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.closeAfterResponse();
    this.#session?.close();
    this.#served?.retire();
    this.#linger();
  }

  /**
   * Closes to make room for another. An HTTP/2 client is sent GOAWAY and gets `lingerMs` to leave; a request that it sent
   * before it knew is served.
   */
  giveWay(): void {
    this.noteCut("crowded");
    this.retire();
    if (this.#protocol === undefined || this.#protocol === "http1") this.#socket.destroySoon();
    else {
      this.#deadlines.after(this.#limits.lingerMs, () => {
        if (this.idleSince !== undefined) this.#socket.destroy();
      });
    }
  }

  /** Closes now, whatever is in flight. */
  cut(reason: string): void {
    this.noteCut(reason);
    this.#socket.destroy();
  }

  /** Closes what is retired and has nothing in flight, with time for its client to notice. */
  #linger(): void {
    if (!this.#retired || this.#socket.destroyed || this.#endsItself() || this.idleSince === undefined) return;
    this.#deadlines.after(this.#limits.lingerMs, () => {
      if (this.#endsItself()) return;
      if (this.#protocol === "http2" && !this.#top.writableFinished) {
        // A request whose headers are not all there yet keeps the session from ending by itself.
        this.#session?.destroy();
        // A slow client still reads its last answer.
        this.#linger();
      } else this.#socket.destroy();
    });
  }

  #endsItself(): boolean {
    return this.#protocol === "http1" || this.#protocol === "engine";
  }
}

function destroy(this: Socket): void {
  this.destroy();
}
