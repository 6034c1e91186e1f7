import { monitorEventLoopDelay } from "node:perf_hooks";
import { GCProfiler } from "node:v8";

/** What a server's process tells of itself. Memory is in bytes. */
export interface ProcessReport {
  readonly rss: number;
  readonly heap: number;
  /** The most since the watch began, sampled. */
  readonly peakRss: number;
  readonly peakHeap: number;
  /** The most heap that a whole collection left since the watch began: what was in use. 0 where there was none. */
  readonly peakLive: number;
  /** The longest pause of the event loop since the watch began, in milliseconds. */
  readonly maxPauseMs: number;
  /** The time that all threads have worked since the process began, in milliseconds. */
  readonly cpuMs: number;
}

/**
 * What a server's process is asked. `watch` collects garbage, then starts a watch of everything, `watch-loop` one of the
 * event loop alone, as samples of memory take it several percent of its time; `stats` ends a watch. All answer a
 * {@link ProcessReport}.
 */
export type Question = "watch" | "watch-loop" | "stats";

/** Milliseconds between two samples of memory: a few in the time it takes to send some thousand users. */
const SAMPLE_MS = 10;

/** Tells the parent process the port, answers its questions, and ends once it is gone. */
export function announce(port: number, end: () => unknown = () => process.kill(process.pid)): void {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let peakRss = 0;
  let peakHeap = 0;
  let timer: NodeJS.Timeout | undefined;
  let collections: GCProfiler | undefined;

  function report(): ProcessReport {
    const { rss, heapUsed } = process.memoryUsage();
    peakRss = Math.max(peakRss, rss);
    peakHeap = Math.max(peakHeap, heapUsed);
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    return { rss, heap: heapUsed, peakRss, peakHeap, peakLive: 0, maxPauseMs: delay.max / 1e6, cpuMs };
  }

  process.on("message", (question: Question) => {
    if (question !== "stats") {
      globalThis.gc?.();
      peakRss = 0;
      peakHeap = 0;
      clearInterval(timer);
      if (question === "watch") timer = setInterval(report, SAMPLE_MS);
      collections?.stop();
      collections = new GCProfiler();
      collections.start();
      // The pause of the collection above is not to be seen.
      setImmediate(() => {
        delay.enable();
        delay.reset();
        process.send?.({ ...report(), maxPauseMs: 0 });
      });
    } else {
      const answer = report();
      clearInterval(timer);
      delay.disable();
      const whole = collections?.stop()?.statistics.filter(({ gcType }) => gcType === "MarkSweepCompact") ?? [];
      collections = undefined;
      const left = whole.map(({ afterGC }) => afterGC.heapStatistics.usedHeapSize);
      process.send?.({ ...answer, peakLive: Math.max(0, ...left) });
    }
  });
  process.once("disconnect", end);
  process.stdout.write(`port ${port}\n`);
}
