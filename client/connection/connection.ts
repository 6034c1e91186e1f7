import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { asUnprocessed } from "../retry/unprocessed.ts";
import { tellErrors } from "./stream-errors.ts";

/** How long a connection with calls on it may be silent before it is asked whether it lives. gRPC advises no less than 10 s. */
const KEEPALIVE_MS = 20_000;

/** What the answer may take. */
const KEEPALIVE_TIMEOUT_MS = 10_000;

/** An idle connection is given up well before balancers forget it without a word, which some do after a minute. */
const IDLE_MS = 50_000;

/** One HTTP/2 connection: its calls, until it is lost, the server sends it away, or nobody needs it. */
export class Connection {
  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<ClientHttp2Stream>();
  #leaving = false;
  #usedAt = Date.now();
  #bytesRead = 0;

  /** Takes an open session; `onGone` is called once it takes no more calls. */
  constructor(session: ClientHttp2Session, onGone: () => void) {
    this.#session = session;
    const gone = () => {
      this.#leaving = true;
      onGone();
    };
    // An idle connection keeps no process running.
    session.unref();
    const ticking = setInterval(() => this.#tick(), KEEPALIVE_MS).unref();
    session.once("close", () => {
      clearInterval(ticking);
      gone();
    });
    session.on("goaway", (_code, lastStreamId) => {
      gone();
      for (const stream of this.#streams) {
        // Node.js leaves streams that the server will not answer open for ever.
        if (stream.pending || (stream.id ?? 0) > lastStreamId) stream.destroy(neverSeen());
      }
    });
  }

  /** Starts a call; undefined where the connection takes no more. */
  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream | undefined {
    if (!this.#takesCalls()) return undefined;
    const session = this.#session;
    const stream = session.request(headers, options);
    tellErrors(stream, () => session.destroyed);
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

  /** Ends the connection and all calls on it. */
  destroy(): void {
    this.#session.destroy();
  }

  #takesCalls(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session;
    if (this.#leaving || closed || destroyed) return false;
    // By the wall clock: timers stand still while a computer sleeps.
    if (this.#streams.size === 0 && Date.now() - this.#usedAt > IDLE_MS) {
      this.#session.close();
      return false;
    }
    return this.#streams.size < (remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);
  }

  #tick(): void {
    const session = this.#session;
    if (session.destroyed) return;
    if (this.#streams.size === 0) {
      if (Date.now() - this.#usedAt > IDLE_MS) session.close();
      return;
    }
    const { bytesRead } = session.socket as Socket;
    const silent = bytesRead === this.#bytesRead;
    this.#bytesRead = bytesRead;
    if (!silent) return;
    const reason = `no sign of life in ${KEEPALIVE_MS + KEEPALIVE_TIMEOUT_MS} ms`;
    const timer = setTimeout(() => session.destroy(new Error(reason)), KEEPALIVE_TIMEOUT_MS).unref();
    session.ping(() => clearTimeout(timer));
  }
}

function neverSeen(): ConnectError {
  return asUnprocessed(
    "refused",
    new ConnectError("the server takes no more calls on this connection", Code.Unavailable),
  );
}
