import type { Duplex } from "node:stream";
import type { Clock } from "../../http2/clock.ts";
import type { RequestHead } from "../../http2/request-head.ts";
import type { Turn } from "../../http2/turn.ts";
import type { Unsent } from "../../http2/unsent.ts";
import type { Http1Stream } from "./stream.ts";

/** Whoever a connection works for. */
export interface Http1Events {
  /** Whether a request is ours. Asked once for heads that are alike; what is not ours is handed over. */
  takes(head: RequestHead): boolean;
  /** A request that is ours. Its stream is to be listened to, and answered. */
  request(stream: Http1Stream): void;
  /** The socket is node:http's from now on, with all that is not served yet; it is resumed after this. */
  handOver(socket: Duplex): void;
  /** A limit has ended the connection. */
  cut?(reason: CutReason): void;
  /** A bug, of ours or of a listener, has ended this connection, and this one alone. */
  failed?(error: unknown): void;
}

/**
 * No request came, a body did not come in time, a client went on sending long after its response, or it does not read that.
 */
export type CutReason = "idle" | "body" | "unread" | "unread reply";

/** A connection's settings. Times are in milliseconds. */
export interface Http1SessionOptions {
  /** Defaults to `http`. */
  readonly scheme?: "http" | "https";
  /** How long a connection stays open with no request on it, as clients are told. Defaults to 300,000. */
  readonly idleTimeoutMs?: number;
  /** How long a client may read nothing of what waits for it. Defaults to 60,000. */
  readonly stallMs?: number;
  /** What of responses is not sent, of all connections. Defaults to 64 MiB for the process. */
  readonly unsent?: Unsent;
  /** Defaults to the system's. */
  readonly clock?: Clock;
  /** Defaults to the process's. */
  readonly turn?: Turn;
}
