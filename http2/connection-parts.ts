import type { Floods } from "./floods.ts";
import type { FrameReader } from "./frame-reader.ts";
import type { HpackDecoder } from "./hpack/decoder.ts";
import type { ConnectionReceiveWindow } from "./receive-window.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Starts } from "./starts.ts";
import type { Stream } from "./stream.ts";
import type { StreamContext } from "./stream-context.ts";
import type { Streams } from "./streams.ts";

/** A connection as its parts see it, and through it each other. */
export interface ConnectionParts extends StreamContext {
  readonly isServer: boolean;
  readonly streams: Streams;
  readonly window: ConnectionReceiveWindow;
  readonly floods: Floods;
  readonly shutdown: Shutdown;
  readonly starts: Starts;
  readonly decoder: HpackDecoder;
  readonly reader: FrameReader;
  /** Whether the peer has acknowledged our SETTINGS. */
  readonly isSettled: boolean;
  /** Whether all is over: nothing is read or written any more. */
  readonly isDead: boolean;
  readonly lastReceived: number;
  /** When the last stream closed; of no meaning while some are open. */
  readonly idleSince: number;
  /** There is something to look after from time to time. */
  wake(): void;
  /** Looks after it. */
  tick(): void;
  /** Something was written: it goes out at the turn's end. */
  wrote(): void;
  /** The peer has done what its fault alone explains. Counts on a server; a client ends the stream and goes on. */
  faulty(): void;
  /** Breaks a stream off for what the peer is too slow to do. */
  overdue(stream: Stream, code: number, message: string): void;
  settingsReceived(): void;
  settingsAcknowledged(): void;
  /** The peer's GOAWAY: what it will not do may be sent elsewhere (RFC 9113 section 6.8). */
  peerLeaves(lastId: number, code: number, text: string): void;
  /** Ends gracefully: no new streams, and the end with the last that is open. `text` is told to the peer. */
  shutDown(text?: string): void;
  /** The peer knows of our leaving, or has had the time to. */
  confirmShutdown(): void;
  /** Reads no more, and sends what is written. */
  stop(): void;
  /** Ends at once, with GOAWAY. `message` is told to the peer and to all streams. */
  fail(code: number, message: string): void;
}
