import type {
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
  SecureClientSessionOptions,
} from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { createGrpcTransport } from "@connectrpc/connect-node";
import { pauseMs } from "../retry/pause.ts";
import { asUnprocessed } from "../retry/unprocessed.ts";
import { unlessAborted } from "../signals.ts";
import { Connection, type ConnectionLimits, defaultLimits } from "./connection.ts";
import { openSession } from "./open-session.ts";

type SessionManager = NonNullable<Parameters<typeof createGrpcTransport>[0]["sessionManager"]>;

/** Pauses before a connection is tried again. Shorter than gRPC's one second: a server that restarts is back within one. */
export const reconnectPauses = { initialMs: 100, maxMs: 5_000, multiplier: 1.6 };

/** The options of `node:http2`'s `connect`: `path` is a Unix domain socket, used in place of the URL's host. */
export interface ConnectionsOptions extends SecureClientSessionOptions {
  /** What the server is called by. Default: the host of the URL. */
  readonly authority?: string | undefined;
}

/**
 * The HTTP/2 connections to one server: one for all calls, and another while that has as many as the server takes. A
 * connection that is lost is opened anew when the next call needs it, after a pause that grows while that fails; all
 * calls that wait share one attempt, and get its error.
 *
 * In place of `Http2SessionManager` of @connectrpc/connect-node 2.2, which ends the process with an uncaught error where a
 * call meets a connection that is just ending (connectrpc/connect-es#1768, #1795), and begins calls on connections whose
 * server has not said how many it takes.
 */
export class Connections implements SessionManager {
  readonly authority: string;
  readonly #options: ConnectionsOptions;
  readonly #taking = new Set<Connection>();
  readonly #all = new Set<Connection>();
  readonly #closing = new AbortController();
  readonly #limits: ConnectionLimits;
  #connecting: Promise<void> | undefined;
  #failures = 0;

  /** Takes a URL of the server. Nothing is opened before the first call. */
  constructor(url: string, options: ConnectionsOptions, limits = defaultLimits) {
    this.authority = new URL(url).origin;
    this.#options = options;
    this.#limits = limits;
  }

  /**
   * Resolves once a call can be started. Rejects with UNAVAILABLE where no connection can be had, with CANCELED after
   * {@link close}, and as the signal says.
   */
  async ready(signal: AbortSignal): Promise<void> {
    while (!this.#closing.signal.aborted && !this.#taking.values().some(connection => connection.takesCalls())) {
      await this.#connected(signal);
    }
    if (this.#closing.signal.aborted) throw closed();
  }

  /** Starts a call. Rejects with UNAVAILABLE where no connection can be had, with CANCELED after {@link close}. */
  async request(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
    options: Omit<ClientSessionRequestOptions, "signal">,
  ): Promise<ClientHttp2Stream> {
    const { authority } = this.#options;
    const target = { ":method": method, ":path": path, ...(authority !== undefined && { ":authority": authority }) };
    for (;;) {
      if (this.#closing.signal.aborted) throw closed();
      for (const connection of this.#taking) {
        const stream = connection.request({ ...headers, ...target }, options);
        if (stream) return stream;
      }
      await this.#connected();
    }
  }

  /** Connections look for signs of life by themselves. */
  notifyResponseByteRead(): void {}

  /** Ends all connections and the calls on them; calls that follow fail. */
  close(): void {
    this.#closing.abort();
    for (const connection of this.#all) connection.destroy();
  }

  /** Waits for the attempt that is under way, or begins one. It goes on by itself where nobody waits any longer. */
  async #connected(signal?: AbortSignal): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    // The process runs on for those who wait, not for the attempt.
    const waiting = setInterval(() => {}, 60_000);
    try {
      await (signal === undefined ? this.#connecting : unlessAborted(this.#connecting, signal));
    } finally {
      clearInterval(waiting);
    }
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    if (this.#failures > 0) {
      await delay(pauseMs(reconnectPauses, this.#failures), undefined, { ref: false, signal }).catch(() => {});
    }
    try {
      const session = await openSession(this.authority, this.#options, signal, false);
      const connection = new Connection(session, this.#limits, () => this.#taking.delete(connection));
      session.once("close", () => this.#all.delete(connection));
      this.#all.add(connection);
      this.#taking.add(connection);
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) throw closed();
      this.#failures++;
      const message = `cannot connect to ${this.#options.path === undefined ? this.authority : `unix:${this.#options.path}`}: ${reasonOf(error)}`;
      throw asUnprocessed("unsent", new ConnectError(message, Code.Unavailable, undefined, undefined, error));
    }
  }
}

function closed(): ConnectError {
  return new ConnectError("the client is closed", Code.Canceled);
}

/**
 * Why a connection cannot be had, in a few words. Node.js tries each address of a name, and keeps what became of them in an error without words; OpenSSL's errors are of
 * many words, with the reason apart.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  if (error instanceof Error && "reason" in error && typeof error.reason === "string") return error.reason;
  return error instanceof Error ? error.message : String(error);
}
