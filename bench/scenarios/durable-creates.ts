import { once } from "node:events";
import { join } from "node:path";
import { runJob } from "../load/client.ts";
import type { Core } from "../machine.ts";
import { startProcess } from "../peers/process.ts";
import { benchFile, DEFAULT_LANE_NOTE, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Metric, Plan, Scenario } from "../scenario.ts";
import { rateOf } from "./metrics.ts";

const levels = [1, 16, 200] as const;

const metrics: readonly Metric[] = [
  { key: "rate", label: "creates a second", better: "more" },
  { key: "pauseMs", label: "longest pause ms", better: "less" },
];

function nameOf(inFlight: number): string {
  return `${inFlight} in flight`;
}

/** Creates through the server; `any` leaves its cores to the system, for its writer is a thread of its own. */
async function throughServer(bench: Bench, id: string, title: string, core: Core): Promise<Chart> {
  const file = await bench.users(1000, `creates-${id}`);
  const server = bench.keep(await startConcierge(bench, { file, core }));
  const contenders = levels.map(inFlight => ({
    name: nameOf(inFlight),
    async measure() {
      const job = { kind: "creates", port: server.port, inFlight, seconds: bench.either(4, 0.3) } as const;
      await server.ask("watch-loop");
      const { rate = 0 } = await runJob(job, bench.machine.pinned, core === "any" ? "any" : "load");
      return { rate, pauseMs: (await server.ask("stats")).maxPauseMs };
    },
  }));
  return { id, title, metrics, contenders };
}

function onStore(bench: Bench): Chart {
  const program = benchFile("load/store-creates.ts");
  const file = join(bench.folder, "store-creates.db");
  const contenders = levels.map(inFlight => ({
    name: nameOf(inFlight),
    async measure() {
      const command = [process.execPath, program, `sqlite:${file}`, String(inFlight), String(bench.either(4, 0.3))];
      const child = startProcess({ command, pinned: bench.machine.pinned, core: "any" });
      const exit = once(child, "exit");
      const answer = once(child, "message");
      const failed = exit.then(([code]) => Promise.reject(new Error(`${program} ended with ${code}`)));
      const [result] = await Promise.race([answer, failed]);
      await exit;
      return result;
    },
  }));
  return { id: "store", title: "On the store directly, all cores", metrics, contenders };
}

async function plan(bench: Bench): Promise<Plan> {
  const busiest = nameOf(200);
  return {
    charts: [
      await throughServer(bench, "one", "CreateUser over gRPC, server on one core", "server"),
      await throughServer(bench, "all", "CreateUser over gRPC, server and client on all cores", "any"),
      onStore(bench),
    ],
    targets: [
      ...["one", "all", "store"].map(chart => ({
        text: `${chart === "store" ? "store directly" : `gRPC, ${chart === "one" ? "one core" : "all cores"}`}: ≥ 15,000 creates a second with 200 in flight`,
        of: rateOf(chart, busiest),
        atLeast: 15_000,
      })),
      ...["one", "all"].map(chart => ({
        text: `gRPC, ${chart === "one" ? "one core" : "all cores"}: no pause above 20 ms with 200 in flight`,
        of: { chart, contender: busiest, metric: "pauseMs" },
        atMost: 20,
      })),
    ],
    notes: [DEFAULT_LANE_NOTE, `every create is on ${bench.machine.fileSystem} before it is acknowledged`],
  };
}

/** Writes that survive a power cut. */
export const scenario: Scenario = {
  name: "durable-creates",
  compares: "one, 16 and 200 creates in flight, through the server and on its store alone",
  rounds: 3,
  plan,
};
