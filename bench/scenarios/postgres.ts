import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../../test/support/postgres.ts";
import { endedProcessorTime, processorTime } from "../load/processor-time.ts";
import type { CreatesReport } from "../load/store-creates.ts";
import { startProcess } from "../peers/process.ts";
import { benchFile } from "../peers/servers.ts";
import type { Bench, Chart, Metric, Plan, Scenario } from "../scenario.ts";
import { rateOf } from "./metrics.ts";

const levels = [1, 16, 200] as const;
const READS_IN_FLIGHT = 64;
const creates: readonly Metric[] = [
  { key: "rate", label: "creates a second", better: "more" },
  { key: "batch", label: "creates a batch", better: "more" },
  { key: "replicaUs", label: "replica, µs of a core a create", better: "less" },
  { key: "serverUs", label: "PostgreSQL, µs of a core a create", better: "less" },
];
const reads: Metric = { key: "rate", label: "reads a second", better: "more" };
const latency: readonly Metric[] = [
  { key: "p50Ms", label: "p50 ms", better: "less" },
  { key: "p99Ms", label: "p99 ms", better: "less" },
];

function nameOf(inFlight: number): string {
  return `${inFlight} in flight`;
}

/** Runs a program of `bench/load` on all cores, which the server shares, and resolves to its result. */
async function runProgram<Report>(bench: Bench, name: string, args: readonly unknown[]): Promise<Report> {
  const command = [process.execPath, benchFile(`load/${name}.ts`), ...args.map(String)];
  const child = startProcess({ command, pinned: bench.machine.pinned, core: "any" });
  const exit = once(child, "exit");
  const answer = once(child, "message");
  const failed = exit.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)));
  const [result] = await Promise.race([answer, failed]);
  await exit;
  return result;
}

/** Milliseconds of processor time that all processes of a server have taken, those of ended connections among them. */
function serverTime({ data }: PostgresServer): number {
  const pid = Number.parseInt(readFileSync(join(data, "postmaster.pid"), "utf8"), 10);
  return processorTime(pid) + endedProcessorTime(pid);
}

/** Creates of so many replicas together, each a process of its own, that share the creates in flight. */
function createsOf(bench: Bench, server: PostgresServer, replicas: number): Chart {
  const contenders = levels
    .filter(inFlight => inFlight >= replicas)
    .map(inFlight => ({
      name: nameOf(inFlight),
      async measure() {
        const url = await server.createDatabase();
        const args = [url, inFlight / replicas, bench.either(4, 0.3)];
        const before = serverTime(server);
        const reports = await Promise.all(
          Array.from({ length: replicas }, () => runProgram<CreatesReport>(bench, "store-creates", args)),
        );
        const sum = (value: (report: CreatesReport) => number) =>
          reports.reduce((total, report) => total + value(report), 0);
        const rate = sum(report => report.rate);
        return {
          rate,
          batch: sum(({ counted }) => counted) / sum(({ batches }) => batches),
          replicaUs: sum(report => report.rate * report.coreUs) / rate,
          serverUs: (1000 * (serverTime(server) - before)) / sum(({ made }) => made),
        };
      },
    }));
  const title =
    replicas === 1 ? "Creates on the store, one replica" : `Creates on the store, ${replicas} replicas together`;
  return { id: `creates-${replicas}`, title, metrics: creates, contenders };
}

async function readsOf(bench: Bench, server: PostgresServer): Promise<Chart> {
  const users = bench.either(100_000, 1000);
  const url = await server.createDatabase();
  await runProgram<unknown>(bench, "store-fill", [url, users]);
  const measure = () =>
    runProgram<{ rate: number }>(bench, "store-reads", [url, users, READS_IN_FLIGHT, bench.either(4, 0.3)]);
  const contenders = [{ name: nameOf(READS_IN_FLIGHT), measure }];
  return { id: "reads", title: `Reads of single users among ${users}, one process`, metrics: [reads], contenders };
}

function eventsOf(bench: Bench, server: PostgresServer): Chart {
  const contenders = [20, 500].map(rate => ({
    name: `${rate} events a second`,
    async measure() {
      const { p50Ms, p99Ms } = await runProgram<{ p50Ms: number; p99Ms: number }>(bench, "store-events", [
        await server.createDatabase(),
        rate,
        bench.either(5, 0.5),
      ]);
      return { p50Ms, p99Ms };
    },
  }));
  return { id: "events", title: "From a write to its event at another replica", metrics: latency, contenders };
}

async function plan(bench: Bench): Promise<Plan> {
  // The server runs as somebody else where this is root.
  chmodSync(bench.folder, 0o711);
  const settings = { shared_buffers: "256MB", max_wal_size: "2GB", max_connections: "200" };
  const server = bench.keep(await startPostgres({ folder: bench.folder, settings }));
  const busiest = nameOf(200);
  return {
    charts: [
      createsOf(bench, server, 1),
      createsOf(bench, server, 4),
      await readsOf(bench, server),
      eventsOf(bench, server),
    ],
    targets: [
      {
        text: "one replica: ≥ 10,000 creates a second with 200 in flight",
        of: rateOf("creates-1", busiest),
        atLeast: 10_000,
      },
      {
        text: "four replicas: ≥ 8,000 creates a second with 200 in flight",
        of: rateOf("creates-4", busiest),
        atLeast: 8000,
      },
      {
        text: "four replicas: ≥ 2,500 creates a second with 16 in flight",
        of: rateOf("creates-4", nameOf(16)),
        atLeast: 2500,
      },
      {
        text: "≥ 25,000 reads of single users a second",
        of: rateOf("reads", nameOf(READS_IN_FLIGHT)),
        atLeast: 25_000,
      },
      {
        text: "an event at another replica: p50 ≤ 15 ms",
        of: { chart: "events", contender: "20 events a second", metric: "p50Ms" },
        atMost: 15,
      },
      {
        text: "an event at another replica: p99 ≤ 60 ms",
        of: { chart: "events", contender: "20 events a second", metric: "p99Ms" },
        atMost: 60,
      },
    ],
    notes: [
      "the server, PostgreSQL 18 from npm, shares the cores with what is measured",
      `every create is on ${bench.machine.fileSystem} before it is acknowledged`,
    ],
  };
}

/** The store on PostgreSQL, by itself. */
export const scenario: Scenario = {
  name: "postgres",
  compares:
    "one, 16 and 200 creates in flight on PostgreSQL, by one replica and by four; reads, and how soon events come",
  rounds: 3,
  plan,
};
