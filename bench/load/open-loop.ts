import { percentile } from "../statistics.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import type { JobResult, OpenJob } from "./job.ts";

/** Seconds at the full rate that are not counted. */
const WARM_UP_S = 1;

/**
 * Calls at the times of a fixed schedule, whether or not earlier calls were answered, and takes latency from the time a
 * call was meant to be sent at: a server that stalls is charged for every call that had to wait meanwhile (the
 * correction for coordinated omission). Spins instead of sleeping, as timers are off by up to a millisecond; it has its
 * own core.
 *
 * Answers p50, p99, p999 and max in milliseconds, and the rate that was reached.
 */
export async function callAtRate({ port, path, message, ...job }: OpenJob): Promise<JobResult> {
  const connections = await Promise.all(Array.from({ length: job.connections }, () => GrpcConnection.open(port)));
  const bytes = Buffer.from(message, "base64");
  const warmUp = Math.round(job.rate * Math.min(WARM_UP_S, job.seconds));
  const total = warmUp + Math.round(job.rate * job.seconds);
  const interval = 1000 / job.rate;
  const latencies = new Float64Array(total - warmUp);
  let sent = 0;
  let answered = 0;

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const start = performance.now() + 50;
  let end = start;

  function send(index: number) {
    const due = start + index * interval;
    // A call that failed brings no message.
    let good = false;
    connections[index % connections.length]?.call(path, bytes, {
      message() {
        good = true;
      },
      ended() {
        if (!good) reject(new Error(`a call to ${path} ended without a message`));
        end = performance.now();
        if (index >= warmUp) latencies[index - warmUp] = end - due;
        answered++;
        if (answered === total) resolve();
      },
    });
  }

  function spin() {
    const due = Math.min(total, Math.floor((performance.now() - start) / interval) + 1);
    while (sent < due) send(sent++);
    if (sent < total) setImmediate(spin);
  }
  spin();
  await promise;
  await Promise.all(connections.map(each => each.close()));
  latencies.sort();
  const p = (share: number) => percentile(latencies, share);
  return { p50: p(0.5), p99: p(0.99), p999: p(0.999), max: p(1), rate: (1000 * total) / (end - start) };
}
