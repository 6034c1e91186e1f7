import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { RequestHead } from "../../http2/request-head.ts";
import { Unsent } from "../../http2/unsent.ts";
import type { Http1Events } from "../http1/events.ts";
import { Http1Session } from "../http1/session.ts";
import type { Http1Stream } from "../http1/stream.ts";
import type { Express } from "../lanes/lane.ts";
import { LaneConnection } from "../lanes/lane-connection.ts";
import type { Connection } from "./connection.ts";
import type { ListenerLimits } from "./limits.ts";

/** How the fast path serves. */
export interface FastPathOptions {
  readonly limits: ListenerLimits;
  readonly express: Express;
  /** Whether the body of a request to this path may take as long as it likes. */
  readonly isOpenEnded: (path: string) => boolean;
  /** Hears of an exception that has ended a connection. */
  readonly onFailure: (error: unknown) => void;
  /** Serves a connection from here on by `node:http`. */
  readonly handOver: (socket: Socket, connection: Connection) => void;
}

/** Serves an HTTP/1.1 connection from its first byte on: plain calls by `host/http1/`, and all from the first else by `node:http`. */
export type FastPath = (socket: Socket, connection: Connection) => void;

/** Creates the fast path of a listener. */
export function createFastPath(options: FastPathOptions): FastPath {
  const unsent = new Unsent(options.limits.maxUnsentBytes);
  return (socket, connection) => void new FastConnection(socket, connection, options, unsent);
}

/** One request is served at a time, and the next one waits for room by itself. */
const nothingQueued = { queuedBytes: 0 };

/** A connection on the fast path. */
class FastConnection implements Http1Events {
  readonly #options: FastPathOptions;
  readonly #connection: Connection;
  readonly #client: LaneConnection;
  readonly #socket: Socket;

  constructor(socket: Socket, connection: Connection, options: FastPathOptions, unsent: Unsent) {
    const { limits } = options;
    const encrypted = socket instanceof TLSSocket;
    this.#options = options;
    this.#connection = connection;
    this.#socket = socket;
    this.#client = new LaneConnection({
      socket,
      encrypted,
      httpVersion: "1.1",
      maxUnsentBytes: limits.maxUnsentBytesPerConnection,
      replies: nothingQueued,
    });
    const { idleTimeoutMs, replyStallMs: stallMs } = limits;
    const scheme = encrypted ? "https" : "http";
    connection.startFastPath(new Http1Session(socket, this, { scheme, idleTimeoutMs, stallMs, unsent }));
  }

  takes(head: RequestHead): boolean {
    return this.#options.express.takesOverHttp1(head);
  }

  request(stream: Http1Stream): void {
    const { limits, express, isOpenEnded } = this.#options;
    if (!stream.hasWholeBody && !isOpenEnded(stream.request.path)) stream.limitBody(limits.bodyTimeoutMs);
    express.take(stream, this.#client);
  }

  handOver(): void {
    this.#options.handOver(this.#socket, this.#connection);
  }

  cut(reason: string): void {
    this.#connection.noteCut(reason);
  }

  failed(error: unknown): void {
    this.#options.onFailure(error);
  }
}
