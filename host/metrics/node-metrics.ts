import { readdir, readFile } from "node:fs/promises";
import {
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import { Durations } from "./durations.ts";
import type { Family, Labels } from "./text.ts";

/** In milliseconds: how often the event loop is asked whether it is late. */
const lagResolution = 10;

/** In seconds: a collection is of interest from the point where calls notice it. */
const gcBounds = Float64Array.of(0.001, 0.01, 0.1, 1, 2, 5);

const gcKinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

const startedAt = Date.now() / 1000 - process.uptime();

/**
 * What this process is doing, by the names that prom-client made known. That of the event loop is of the time since it was
 * last asked for. Nothing here waits for the disk, nor takes a millisecond for thousands of connections.
 */
export class NodeMetrics implements Disposable {
  readonly #lag = monitorEventLoopDelay({ resolution: lagResolution });
  readonly #collections = new Map(Object.values(gcKinds).map(kind => [kind, new Durations(gcBounds)]));
  readonly #observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) this.#collected(entry);
  });
  #utilization = performance.eventLoopUtilization();

  constructor() {
    this.#lag.enable();
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  [Symbol.dispose](): void {
    this.#lag.disable();
    this.#observer.disconnect();
  }

  async families(): Promise<Family[]> {
    const files = await openFiles();
    return [...this.#processFamilies(), ...files, ...this.#loopFamilies(), ...heapFamilies(), ...this.#otherFamilies()];
  }

  #collected(entry: PerformanceEntry): void {
    const { duration, detail } = entry as PerformanceEntry & { readonly detail: { readonly kind: number } };
    this.#collections.get(gcKinds[detail.kind] ?? "")?.record(duration / 1000);
  }

  #processFamilies(): Family[] {
    const { user, system } = process.cpuUsage();
    return [
      counter("process_cpu_user_seconds_total", "Time in user mode.", user / 1e6),
      counter("process_cpu_system_seconds_total", "Time in the kernel.", system / 1e6),
      counter("process_cpu_seconds_total", "Time on all cores.", (user + system) / 1e6),
      gauge("process_start_time_seconds", "When the process started, since 1970.", startedAt),
      gauge("process_resident_memory_bytes", "Memory that is resident.", process.memoryUsage.rss()),
    ];
  }

  #loopFamilies(): Family[] {
    const lag = this.#lag;
    const values = {
      min: lag.min,
      max: lag.max,
      mean: lag.mean,
      stddev: lag.stddev,
      p50: lag.percentile(50),
      p90: lag.percentile(90),
      p99: lag.percentile(99),
    };
    // Before the first sample there is none, and the smallest is the largest number there is.
    const seen = lag.count > 0;
    lag.reset();
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    return [
      ...Object.entries(values).map(([name, nanoseconds]) =>
        gauge(
          `nodejs_eventloop_lag_${name}_seconds`,
          `Time between two looks at the event loop, ${lagResolution} ms where it is idle: ${name}.`,
          seen ? nanoseconds / 1e9 : 0,
        ),
      ),
      gauge("nodejs_eventloop_utilization_ratio", "Share of time that the event loop was busy.", utilization),
    ];
  }

  #otherFamilies(): Family[] {
    const { version } = process;
    const [major = "", minor = "", patch = ""] = version.slice(1).split(".");
    const resources = process.getActiveResourcesInfo();
    const types = Object.groupBy(resources, type => type);
    return [
      {
        name: "nodejs_active_resources",
        help: "What keeps the event loop alive, by type.",
        type: "gauge",
        values: Object.entries(types).map(([type, all = []]) => ({ labels: { type }, value: all.length })),
      },
      gauge("nodejs_active_handles_total", "The same without requests and timers.", resources.filter(isHandle).length),
      {
        name: "nodejs_gc_duration_seconds",
        help: "Garbage collection, by kind.",
        type: "histogram",
        values: [...this.#collections].map(([kind, durations]) => ({ labels: { kind }, durations })),
      },
      gauge("nodejs_version_info", "Version of Node.js.", 1, { version, major, minor, patch }),
    ];
  }
}

function isHandle(type: string): boolean {
  return !/Req|Timeout|Immediate/.test(type);
}

function heapFamilies(): Family[] {
  const { heapTotal, heapUsed, external } = process.memoryUsage();
  const spaces = getHeapSpaceStatistics();
  function space(name: string, help: string, field: Exclude<keyof (typeof spaces)[number], "space_name">): Family {
    const values = spaces.map(found => ({
      labels: { space: found.space_name.replace(/_space$/, "") },
      value: found[field],
    }));
    return { name: `nodejs_heap_space_size_${name}_bytes`, help, type: "gauge", values };
  }
  return [
    gauge("nodejs_heap_size_total_bytes", "The heap.", heapTotal),
    gauge("nodejs_heap_size_used_bytes", "What of the heap is used.", heapUsed),
    gauge("nodejs_external_memory_bytes", "Memory beside the heap that it refers to.", external),
    space("total", "The heap, by space.", "space_size"),
    space("used", "What of the heap is used, by space.", "space_used_size"),
    space("available", "What of the heap is free, by space.", "space_available_size"),
  ];
}

let maxFiles: Promise<number | undefined> | undefined;

/** Linux alone tells. */
async function openFiles(): Promise<Family[]> {
  maxFiles ??= readMaxFiles();
  const [names, max] = await Promise.all([readdir("/proc/self/fd").catch(() => undefined), maxFiles]);
  return [
    ...(names ? [gauge("process_open_fds", "Open file descriptors.", names.length - 1)] : []),
    ...(max === undefined ? [] : [gauge("process_max_fds", "File descriptors that may be open.", max)]),
  ];
}

async function readMaxFiles(): Promise<number | undefined> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const [, max] = /^Max open files +(\d+|unlimited)/m.exec(limits) ?? [];
  return max === "unlimited" ? Number.POSITIVE_INFINITY : max && Number(max) ? Number(max) : undefined;
}

function counter(name: string, help: string, value: number): Family {
  return { name, help, type: "counter", values: [{ value }] };
}

function gauge(name: string, help: string, value: number, labels: Labels = {}): Family {
  return { name, help, type: "gauge", values: [{ labels, value }] };
}
