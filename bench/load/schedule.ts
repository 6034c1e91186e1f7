import { percentile } from "../statistics.ts";
import type { JobResult } from "./job.ts";

/** Seconds at the full rate that are not counted. */
const WARM_UP_S = 1;

/** Calls at the times of a fixed schedule. */
export interface Schedule {
  /** Calls a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Makes the call of that number, from 0 up. Tells once that it is over, or why it failed. */
  call(index: number, ended: () => void, failed: (reason: unknown) => void): void;
}

/**
 * Calls at the times of a fixed schedule, whether or not earlier calls were answered, and takes latency from the time a
 * call was meant to be sent at: whoever stalls is charged for every call that had to wait meanwhile (the correction for
 * coordinated omission). Spins instead of sleeping, as timers are off by up to a millisecond; it has its own core.
 *
 * Answers p50, p99, p999 and max in milliseconds, and the rate that was reached. Rejects with the reason of the first call
 * that fails.
 */
export async function callOnSchedule({ rate, seconds, call }: Schedule): Promise<JobResult> {
  const warmUp = Math.round(rate * Math.min(WARM_UP_S, seconds));
  const total = warmUp + Math.round(rate * seconds);
  const interval = 1000 / rate;
  const latencies = new Float64Array(total - warmUp);
  let sent = 0;
  let answered = 0;

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const start = performance.now() + 50;
  let end = start;

  function send(index: number) {
    const due = start + index * interval;
    function ended() {
      end = performance.now();
      if (index >= warmUp) latencies[index - warmUp] = end - due;
      answered++;
      if (answered === total) resolve();
    }
    call(index, ended, reject);
  }

  function spin() {
    const due = Math.min(total, Math.floor((performance.now() - start) / interval) + 1);
    while (sent < due) send(sent++);
    if (sent < total) setImmediate(spin);
  }
  spin();
  await promise;
  latencies.sort();
  const p = (share: number) => percentile(latencies, share);
  return { p50: p(0.5), p99: p(0.99), p999: p(0.999), max: p(1), rate: (1000 * total) / (end - start) };
}
