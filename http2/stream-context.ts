import type { Clock } from "./clock.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Outbound } from "./outbound.ts";
import type { Pings } from "./pings.ts";
import type { PeerSettings } from "./settings.ts";
import type { StreamEnd } from "./stream-events.ts";
import type { StreamWindow } from "./stream-window.ts";

/** A stream as its connection sees it at its end. */
export interface ClosedStream {
  readonly id: number;
  readonly readEnded: boolean;
  /** Whether it waits to be started. */
  isWaiting: boolean;
}

/** A connection as its streams see it. */
export interface StreamContext {
  readonly clock: Clock;
  /** The clock as of the last bytes received. */
  readonly now: number;
  readonly outbound: Outbound;
  readonly pings: Pings;
  readonly peer: PeerSettings;
  /** What receive windows may grow by. */
  readonly growth: MemoryBudget;
  /** What SETTINGS allow the peer to send on each stream at first. */
  readonly streamWindow: StreamWindow;
  /** What may be kept of messages that are not complete. */
  readonly messages: MemoryBudget;
  /** A call that was started is over, as far as its server is concerned. */
  settled(): void;
  streamClosed(stream: ClosedStream, end: StreamEnd): void;
  /** Ends the connection for an error that was thrown. */
  caught(error: unknown): void;
}
