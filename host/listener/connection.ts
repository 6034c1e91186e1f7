import type { ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { peerText } from "../interceptors/call-source.ts";
import type { ListenerLimits } from "./limits.ts";
import type { RefusalWatch } from "./refusals.ts";
import { guardSession } from "./session-guard.ts";

/** The longest time Node's timers can run; above it they fire at once. */
const maxTimer = 2_147_483_647;

/** A connection's age limit varies by this share, so that those opened together do not come back together: gRFC A9. */
const ageJitter = 0.1;

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

/** One client's connection from its first byte to its last, with the timers that end it. Owns the socket. */
export class Connection {
  /** The network that it counts for; undefined where it has no share to keep to. */
  readonly network: string | undefined;
  /** When it was accepted, in milliseconds of `performance.now()`. */
  readonly openedAt = performance.now();
  readonly #socket: Socket;
  readonly #limits: ListenerLimits;
  readonly #onCut: (reason: string) => void;
  readonly #responses = new Set<ServerResponse>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #handshake: NodeJS.Timeout;
  /** The socket that HTTP is spoken on: the TLS socket, where there is one. */
  #top: Socket;
  #protocol: "http1" | "http2" | "engine" | undefined;
  /** What of ours serves the connection. */
  #served: ServedConnection | undefined;
  #session: ServerHttp2Session | undefined;
  /** Of a session of node:http2. */
  #sessionIdleSince = (): number | undefined => this.#quietSince;
  /** When the last request was done, be it none. */
  #quietSince = performance.now();
  #closing = false;
  #retired = false;

  /** `onCut` hears which limit ended the connection. */
  constructor(socket: Socket, network: string | undefined, limits: ListenerLimits, onCut: (reason: string) => void) {
    this.network = network;
    this.#socket = socket;
    this.#top = socket;
    this.#limits = limits;
    this.#onCut = onCut;
    this.#handshake = this.#after(limits.handshakeTimeoutMs, () => this.cut("handshake"));
    this.#after(withJitter(limits.maxConnectionAgeMs), () => {
      this.retire();
      this.#after(limits.connectionAgeGraceMs, () => this.cut("age"));
    });
    // A connection that breaks is closed, and the protocols' own listeners do the rest.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      for (const timer of this.#timers) clearTimeout(timer);
    });
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
    clearTimeout(this.#handshake);
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
    session.once("remoteSettings", () => clearTimeout(this.#handshake));
    // The stream's own error says what the client may know; an unhandled one would end the process.
    session.on("error", () => session.destroy());
    this.#sessionIdleSince = guardSession(session, socket, this.#limits, refusals, {
      free: () => this.#linger(),
      idle: () => this.retire(),
      broken: reason => {
        this.#onCut(reason);
        session.destroy();
        // A peer that does not read keeps the session from ending by itself.
        this.#after(this.#limits.lingerMs, () => this.#socket.destroy());
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
    if (this.#session !== undefined) return this.#sessionIdleSince();
    return this.#responses.size > 0 ? undefined : this.#quietSince;
  }

  /** The handshake is over. */
  shookHands(): void {
    clearTimeout(this.#handshake);
  }

  /** A limit has ended the connection, or a request on it. */
  noteCut(reason: string): void {
    this.#onCut(reason);
  }

  /** An HTTP/1.1 request is in flight until its response is closed. */
  serve(response: ServerResponse): void {
    this.#responses.add(response);
    if (this.#closing) response.shouldKeepAlive = false;
    response.once("close", () => {
      this.#responses.delete(response);
      this.#quietSince = performance.now();
      if (this.#closing && this.#responses.size === 0) this.#socket.destroySoon();
    });
  }

  /** Asks an HTTP/1.1 client to send its next request elsewhere; the connection closes after the one in flight. */
  closeAfterResponse(): void {
    this.#closing = true;
    this.#served?.closeAfterResponse?.();
    for (const response of this.#responses) response.shouldKeepAlive = false;
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
    this.#onCut("crowded");
    this.retire();
    if (this.#protocol === undefined || this.#protocol === "http1") this.#socket.destroySoon();
    else {
      this.#after(this.#limits.lingerMs, () => {
        if (this.idleSince !== undefined) this.#socket.destroy();
      });
    }
  }

  /** Closes now, whatever is in flight. */
  cut(reason: string): void {
    this.#onCut(reason);
    this.#socket.destroy();
  }

  /** Closes what is retired and has nothing in flight, with time for its client to notice. */
  #linger(): void {
    if (!this.#retired || this.#socket.destroyed || this.#endsItself() || this.idleSince === undefined) return;
    this.#after(this.#limits.lingerMs, () => {
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

  #after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, Math.min(ms, maxTimer));
    this.#timers.add(timer);
    return timer;
  }
}

/** A time up to a tenth shorter or longer, evenly spread. */
export function withJitter(ms: number): number {
  return ms * (1 + ageJitter * (2 * Math.random() - 1));
}
