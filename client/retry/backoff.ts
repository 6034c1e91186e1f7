/** Pauses that grow from failure to failure. Times are in milliseconds. */
export interface Backoff {
  /** The longest first pause. */
  readonly initialMs: number;
  /** The longest pause at all. */
  readonly maxMs: number;
  /** What the longest pause grows by. */
  readonly multiplier: number;
}

/**
 * The pause after so many failures in a row, 1 or more: any time up to the longest (full jitter), so that clients that lost
 * the same server do not come back at the same time. gRPC's A6 varies by a fifth only; that leaves them in waves.
 */
export function pauseMs({ initialMs, maxMs, multiplier }: Backoff, failures: number): number {
  return Math.random() * Math.min(initialMs * multiplier ** (failures - 1), maxMs);
}
