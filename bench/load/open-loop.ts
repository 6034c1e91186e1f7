import { percentile } from "../statistics.ts";
import type { JobResult, OpenJob } from "./job.ts";
import { openSessions } from "./sessions.ts";

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
export async function callAtRate({ port, path, headers, body, ...job }: OpenJob): Promise<JobResult> {
  using sessions = await openSessions(port, job.connections);
  const bytes = Buffer.from(body, "base64");
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
    const session = sessions.all[index % sessions.all.length];
    const due = start + index * interval;
    const stream = session?.request({ ":method": "POST", ":path": path, ...headers });
    if (!stream) return;
    // Each listener costs the client a part of the rate it can reach; a reply without good trailers never counts.
    let good = false;
    stream.on("trailers", trailers => {
      good = trailers["grpc-status"] === "0";
    });
    stream.on("error", reject);
    stream.on("close", () => {
      if (!good) reject(new Error(`a call to ${path} ended without grpc-status 0`));
      end = performance.now();
      if (index >= warmUp) latencies[index - warmUp] = end - due;
      answered++;
      if (answered === total) resolve();
    });
    stream.resume();
    stream.end(bytes);
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
