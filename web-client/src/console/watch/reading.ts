import { countOf, type Histogram, quantile, since, toHistogram } from "./histogram.ts";
import { type Samples, sumOf } from "./metrics-text.ts";

/** What is read of `/metrics`. */
export const wantedMetrics: ReadonlySet<string> = new Set([
  "grpc_server_started_total",
  "grpc_server_handled_total",
  "grpc_server_handling_seconds_bucket",
  "concierge_calls_in_flight",
  "concierge_connections",
  "concierge_http2_streams_open",
  "concierge_feed_subscribers",
  "nodejs_eventloop_lag_p99_seconds",
  "nodejs_eventloop_lag_mean_seconds",
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
]);

/** The counts of one method up to a moment. */
interface MethodCounts {
  readonly type: string;
  readonly started: number;
  readonly inFlight: number;
  readonly codes: ReadonlyMap<string, number>;
  readonly durations: Histogram;
}

/** What a server told at a moment. */
export interface Snapshot {
  /** Milliseconds on a clock that never goes back. */
  readonly at: number;
  readonly methods: ReadonlyMap<string, MethodCounts>;
  readonly samples: Samples;
}

/** What a method did between two snapshots. */
export interface MethodReading {
  /** `service/method`. */
  readonly path: string;
  readonly isUnary: boolean;
  /** Calls that began, a second. */
  readonly perSecond: number;
  readonly inFlight: number;
  /** Calls that ended with each code but OK. */
  readonly errors: ReadonlyMap<string, number>;
  /** Of calls that ended; in seconds. */
  readonly durations: Histogram;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** What a server did between two snapshots. */
export interface Reading {
  readonly at: number;
  readonly methods: readonly MethodReading[];
  readonly perSecond: number;
  readonly inFlight: number;
  /** Of all unary calls. Streams last as long as their clients like. */
  readonly durations: Histogram;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly errors: ReadonlyMap<string, number>;
  readonly errorsPerSecond: number;
  readonly connections: Readonly<Record<string, number>>;
  readonly streams: number;
  readonly subscribers: number;
  /** Seconds. */
  readonly loopLagP99: number;
  readonly loopLagMean: number;
  /** Of one core; 1 is all of it. */
  readonly cpu: number;
  readonly memoryBytes: number;
}

/** Orders the samples by method. */
export function toSnapshot(at: number, samples: Samples): Snapshot {
  const methods = new Map<string, { type: string; started: number; inFlight: number; codes: Map<string, number> }>();
  const buckets = new Map<string, { bound: number; count: number }[]>();
  for (const { labels, value } of samples.get("grpc_server_started_total") ?? []) {
    methods.set(pathOf(labels), { type: labels.grpc_type ?? "", started: value, inFlight: 0, codes: new Map() });
  }
  for (const { labels, value } of samples.get("grpc_server_handled_total") ?? []) {
    methods.get(pathOf(labels))?.codes.set(labels.grpc_code ?? "", value);
  }
  for (const { labels, value } of samples.get("concierge_calls_in_flight") ?? []) {
    const method = methods.get(labels.method ?? "");
    if (method) method.inFlight += value;
  }
  for (const { labels, value } of samples.get("grpc_server_handling_seconds_bucket") ?? []) {
    const list = buckets.get(pathOf(labels)) ?? [];
    buckets.set(pathOf(labels), list);
    list.push({ bound: labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le), count: value });
  }
  const withDurations = Array.from(
    methods,
    ([path, method]) => [path, { ...method, durations: toHistogram(buckets.get(path) ?? []) }] as const,
  );
  return { at, samples, methods: new Map(withDurations) };
}

function pathOf(labels: Readonly<Record<string, string>>): string {
  return `${labels.grpc_service}/${labels.grpc_method}`;
}

/** What happened between two snapshots of one server. */
export function readBetween(earlier: Snapshot, later: Snapshot): Reading {
  const seconds = Math.max(0.001, (later.at - earlier.at) / 1000);
  const methods = Array.from(later.methods, ([path, counts]) =>
    readMethod(path, counts, earlier.methods.get(path), seconds),
  ).sort((a, b) => b.perSecond - a.perSecond || b.inFlight - a.inFlight || (a.path < b.path ? -1 : 1));
  const durations = addUp(methods.filter(({ isUnary }) => isUnary).map(method => method.durations));
  const errors = new Map<string, number>();
  for (const method of methods)
    for (const [code, count] of method.errors) errors.set(code, (errors.get(code) ?? 0) + count);
  const { samples } = later;
  const cpu = grown(sumOf(samples, "process_cpu_seconds_total"), sumOf(earlier.samples, "process_cpu_seconds_total"));
  return {
    at: later.at,
    methods,
    durations,
    errors,
    perSecond: total(methods.map(({ perSecond }) => perSecond)),
    inFlight: total(methods.map(({ inFlight }) => inFlight)),
    p50: quantile(durations, 0.5),
    p99: quantile(durations, 0.99),
    errorsPerSecond: total([...errors.values()]) / seconds,
    connections: Object.fromEntries(
      (samples.get("concierge_connections") ?? []).map(({ labels, value }) => [labels.protocol ?? "", value]),
    ),
    streams: sumOf(samples, "concierge_http2_streams_open"),
    subscribers: sumOf(samples, "concierge_feed_subscribers"),
    loopLagP99: sumOf(samples, "nodejs_eventloop_lag_p99_seconds"),
    loopLagMean: sumOf(samples, "nodejs_eventloop_lag_mean_seconds"),
    cpu: cpu / seconds,
    memoryBytes: sumOf(samples, "process_resident_memory_bytes"),
  };
}

function readMethod(
  path: string,
  counts: MethodCounts,
  earlier: MethodCounts | undefined,
  seconds: number,
): MethodReading {
  const durations = since(counts.durations, earlier?.durations);
  const errors = new Map<string, number>();
  for (const [code, count] of counts.codes) {
    const more = grown(count, earlier?.codes.get(code) ?? 0);
    if (code !== "OK" && more > 0) errors.set(code, more);
  }
  return {
    path,
    isUnary: counts.type === "unary",
    perSecond: grown(counts.started, earlier?.started ?? 0) / seconds,
    inFlight: counts.inFlight,
    errors,
    durations,
    p50: quantile(durations, 0.5),
    p99: quantile(durations, 0.99),
  };
}

/** By how much a counter grew; one that is smaller than before began anew. */
function grown(later: number, earlier: number): number {
  return later >= earlier ? later - earlier : later;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Adds up histograms of the same bounds; those without values are left out. */
function addUp(histograms: readonly Histogram[]): Histogram {
  const used = histograms.filter(histogram => countOf(histogram) > 0);
  const bounds = used[0]?.bounds ?? [];
  return {
    bounds,
    counts: bounds.map((_, i) => total(used.map(({ counts }) => counts[i] ?? 0))),
  };
}
