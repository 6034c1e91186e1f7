import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { openStream } from "./open-stream.ts";

/** How a connection is looked after. Times are in milliseconds. */
export interface ConnectionLimits {
  /** How long a connection with calls on it may be silent before it is asked whether it lives. */
  readonly keepaliveMs: number;
  /** How long the reply may take. */
  readonly keepaliveTimeoutMs: number;
  /** How long a connection without calls is used again. */
  readonly idleMs: number;
}

/** gRPC advises no keepalive below 10 s. Some balancers forget an idle connection after a minute, without a word. */
export const defaultLimits: ConnectionLimits = { keepaliveMs: 20_000, keepaliveTimeoutMs: 10_000, idleMs: 50_000 };

/** One HTTP/2 connection: its calls, until it is lost, the server sends it away, or nobody needs it. */
export class Connection {
  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<ClientHttp2Stream>();
  readonly #limits: ConnectionLimits;
  #leaving = false;
  #usedAt = Date.now();
  #bytesRead = 0;

  /** Takes an open session that keeps no process running; `onGone` is called once it takes no more calls. */
  constructor(session: ClientHttp2Session, limits: ConnectionLimits, onGone: () => void) {
    this.#session = session;
    this.#limits = limits;
    const gone = () => {
      this.#leaving = true;
      onGone();
    };
    const ticking = setInterval(() => this.#tick(), limits.keepaliveMs).unref();
    session.once("close", () => {
      clearInterval(ticking);
      gone();
    });
    // Calls in flight go on; those that the server has not looked at are refused by Node.js.
    session.once("goaway", gone);
  }

  /** Starts a call; undefined where the connection takes no more. */
  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream | undefined {
    if (!this.takesCalls()) return undefined;
    const session = this.#session;
    const stream = openStream(session, headers, options);
    this.#streams.add(stream);
    if (this.#streams.size === 1) session.ref();
    stream.once("close", () => {
      this.#streams.delete(stream);
      this.#usedAt = Date.now();
      if (this.#streams.size > 0) return;
      if (this.#leaving) session.close();
      else session.unref();
    });
    return stream;
  }

  /** Whether another call can be started now. A connection that was idle for too long is closed by the question. */
  takesCalls(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session;
    if (this.#leaving || closed || destroyed) return false;
    // By the wall clock: timers stand still while a computer sleeps.
    if (this.#streams.size === 0 && Date.now() - this.#usedAt > this.#limits.idleMs) {
      this.#session.close();
      return false;
    }
    return this.#streams.size < (remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);
  }

  /** Ends the connection and all calls on it. */
  destroy(): void {
    this.#session.destroy();
  }

  #tick(): void {
    const session = this.#session;
    if (session.destroyed) return;
    if (this.#streams.size === 0) {
      if (Date.now() - this.#usedAt > this.#limits.idleMs) session.close();
      return;
    }
    const { bytesRead } = session.socket as Socket;
    const silent = bytesRead === this.#bytesRead;
    this.#bytesRead = bytesRead;
    if (!silent) return;
    const { keepaliveMs, keepaliveTimeoutMs } = this.#limits;
    const reason = `no sign of life in ${keepaliveMs + keepaliveTimeoutMs} ms`;
    const timer = setTimeout(() => session.destroy(new Error(reason)), keepaliveTimeoutMs).unref();
    session.ping(() => clearTimeout(timer));
  }
}
