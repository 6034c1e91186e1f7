import type { SendQueue } from "./send-queue.ts";
import type { SendWindow } from "./send-window.ts";
import type { UnsentStream } from "./unsent.ts";

/** A stream as those see it who send its frames. */
export interface Sender extends UnsentStream {
  readonly id: number;
  readonly isClosed: boolean;
  /** Whether head and body have to wait for something else than windows. */
  readonly isHeld: boolean;
  /** Whether its user has ended it, with trailers where there are any. */
  readonly isEnding: boolean;
  readonly trailers: readonly string[] | undefined;
  readonly sendWindow: SendWindow;
  /** What waits to be sent; undefined while nothing does. */
  readonly queue: SendQueue | undefined;
  /** The scheduler's own. */
  isScheduled: boolean;
  nextScheduled: Sender | undefined;
  /** Some of the queue went out. */
  moved(): void;
  /** END_STREAM is out. */
  ended(): void;
}
