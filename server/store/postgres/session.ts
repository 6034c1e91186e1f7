import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, type ConnectionOptions, connect } from "./connection.ts";
import type { PostgresHost, PostgresTarget } from "./url.ts";

/** Milliseconds before the second attempt to connect; twice as many before each further one. */
const FIRST_PAUSE_MS = 20;
/** At most so many: a database that is back is used within a second. */
const LONGEST_PAUSE_MS = 500;

/** The servers of a target, with the one that was found to take writes last, for all sessions of a store. */
export interface Servers {
  readonly target: PostgresTarget;
  current: PostgresHost | undefined;
}

/** What a session needs, and whom it tells. */
export interface SessionOptions extends ConnectionOptions {
  readonly servers: Servers;
  /** Prepares each new connection before anybody gets it; what it throws counts as a failed attempt. */
  readonly prepare?: (connection: Connection) => Promise<void> | void;
  /** Told of a connection that is gone, and of each attempt that failed. */
  readonly onTrouble?: (error: unknown) => void;
}

/** One connection that is there again by itself after it was lost. */
export class Session {
  readonly #options: SessionOptions;
  readonly #stop = new AbortController();
  #connection: Connection | undefined;
  #coming = Promise.withResolvers<Connection>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#coming.promise.catch(() => {});
  }

  /** The connection, where there is one at the moment. */
  get now(): Connection | undefined {
    return this.#connection;
  }

  /** Connects for the first time. Throws what the attempt does. */
  async open(): Promise<Connection> {
    const connection = await this.#connect();
    this.#adopt(connection);
    return connection;
  }

  /** Resolves to the connection as soon as there is one; rejects once the session is closed. */
  next(): Promise<Connection> {
    return this.#coming.promise;
  }

  /** Cuts a connection to another server than this one: it may have handed over without having noticed. */
  follow(host: PostgresHost): void {
    if (this.#connection !== undefined && this.#connection.host !== host) this.#connection.cut();
  }

  /** Ends the connection and connects no more. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#coming.reject(new Error("the session is closed"));
    await this.#connection?.close();
    this.#connection = undefined;
  }

  async #connect(): Promise<Connection> {
    const { servers, prepare } = this.#options;
    const connection = await connect(servers.target, this.#options, servers.current);
    try {
      await prepare?.(connection);
    } catch (error) {
      connection.cut();
      throw error;
    }
    servers.current = connection.host;
    return connection;
  }

  #adopt(connection: Connection): void {
    if (this.#stop.signal.aborted) {
      void connection.close();
      return;
    }
    this.#connection = connection;
    this.#coming.resolve(connection);
    void connection.ended.then(reason => this.#lose(reason));
  }

  #lose(reason: Error): void {
    this.#connection?.cut();
    this.#connection = undefined;
    if (this.#stop.signal.aborted) return;
    this.#coming = Promise.withResolvers();
    this.#coming.promise.catch(() => {});
    this.#options.onTrouble?.(reason);
    void this.#reconnect();
  }

  /** Tries until it succeeds, with a new client each time: one that was lost never recovers. */
  async #reconnect(): Promise<void> {
    const { signal } = this.#stop;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        this.#adopt(await this.#connect());
        return;
      } catch (error) {
        if (!signal.aborted) this.#options.onTrouble?.(error);
      }
      // Not all replicas at the same moment.
      await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}
