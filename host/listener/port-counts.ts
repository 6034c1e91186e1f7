import type { StreamEnd } from "../../http2/stream-events.ts";

/** How streams end that are not finished. */
export type ResetBy = Exclude<StreamEnd["by"], "finished">;

/** What an HTTP/2 server has counted since it started. */
export interface StreamCounts {
  /** Streams that clients opened. */
  streams: number;
  readonly resets: Record<ResetBy, number>;
}

/** What a port has counted since it started, and what is open now. */
export interface PortCounts extends Readonly<StreamCounts> {
  readonly accepted: number;
  /** Connections above `maxConnections`. */
  readonly dropped: number;
  /** By what they speak; `none` before that is known. */
  readonly open: Readonly<Record<"http1" | "http2" | "none", number>>;
  readonly openStreams: number;
}

/** Nothing yet. */
export function noStreams(): StreamCounts {
  return { streams: 0, resets: { peer: 0, self: 0, connection: 0 } };
}
