import { defaultWindow } from "./frames.ts";
import type { ConnectionTimes } from "./housekeeping.ts";
import { type MemoryBudget, processGrowth } from "./memory-budget.ts";
import type { Sink } from "./output.ts";
import type { SlabPool } from "./slabs.ts";
import type { Stream } from "./stream.ts";
import type { StreamEnd } from "./stream-events.ts";
import { processUnsent, type Unsent } from "./unsent.ts";

/** What a connection stands on: a socket's session, or a test. */
export interface Rim extends Sink {
  /** Have `turn` called at the end of this turn of the event loop. */
  joinTurn(): void;
  /** Have nothing more received until `resumeReading`. */
  pauseReading(): void;
  resumeReading(): void;
  /** All is written that ever will be. */
  end(): void;
}

/** Whoever a connection works for. */
export interface ConnectionEvents {
  /** Server only: a request. Its stream is to be listened to, answered, and `settled`. */
  request?(stream: Stream): void;
  /** Client: the peer has told how many streams it takes, or has told so anew. */
  settings?(): void;
  /** No new streams: either side leaves, and those that run go on. */
  leaving?(reason: string): void;
  /** It is over, with all streams; `code` is one of `ErrorCode`. */
  closed?(code: number, reason: string): void;
  /** Server: a stream ended before it was finished. */
  broken?(end: StreamEnd): void;
  /** We have ended the connection, or one stream of it, for what the peer did or was too slow to do. */
  cut?(reason: string): void;
  /** A bug, of the engine or of a listener, has ended this connection, and this one alone. */
  failed?(error: unknown): void;
}

/** A connection's settings. */
export interface ConnectionOptions extends ConnectionTimes {
  /** Streams the peer may have open. Defaults to 100. Twice as many calls may run, those included that were reset. */
  readonly maxStreams?: number;
  /** Bytes of a head, as RFC 9113 section 6.5.2 counts them. Defaults to 16,384. */
  readonly maxHeaderListSize?: number;
  /** Bytes of a body that the peer may send before any of it is read, on each stream. Defaults to 65,535. */
  readonly streamWindow?: number;
  /**
   * The same for a peer from which an answer takes 10 ms and more, in bytes, as long as what comes is read. Defaults to
   * `streamWindow`: see {@link StreamWindow}.
   */
  readonly farStreamWindow?: number;
  /** Where slabs come from. Defaults to the process's; for tests. */
  readonly slabs?: SlabPool;
  /** Memory of receive windows beyond their default, of all connections. Defaults to 256 MiB for the process. */
  readonly growth?: MemoryBudget;
  /** Server: what of bodies is not sent, of all connections. Defaults to 64 MiB for the process. */
  readonly unsent?: Unsent;
}

/** The settings that a connection has once those that are not given have their defaults. */
export function withDefaults({
  maxStreams = 100,
  maxHeaderListSize = 16_384,
  growth = processGrowth,
  streamWindow = defaultWindow,
  farStreamWindow = streamWindow,
  unsent = processUnsent,
}: ConnectionOptions) {
  return { maxStreams, maxHeaderListSize, growth, streamWindow, farStreamWindow, unsent };
}
