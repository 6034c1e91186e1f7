import type { JobResult } from "../load/job.ts";
import type { ServerProcess } from "../peers/process.ts";
import { LANE_NOTES, LANES, laneTitle } from "../peers/servers.ts";
import type { Bench, Contender, Metric, Plan, Scenario } from "../scenario.ts";
import { connectWatchers, startFeedServer } from "./feed-server.ts";
import { rateOf } from "./metrics.ts";

/** Changes that wait for their acknowledgement at a time. */
const IN_FLIGHT = 64;

const rates: readonly Metric[] = [
  { key: "rate", label: "deliveries a second", better: "more" },
  { key: "changes", label: "changes a second", better: "more" },
  { key: "cpu", label: "µs of the server's CPU a delivery", better: "less" },
];
const delays: readonly Metric[] = [
  { key: "p50", label: "p50 ms", better: "less" },
  { key: "p99", label: "p99 ms", better: "less" },
  { key: "cpu", label: "µs of the server's CPU a delivery", better: "less" },
];

function watchersText(watchers: number): string {
  return `${watchers.toLocaleString("en-US")} watcher${watchers === 1 ? "" : "s"}`;
}

/** Has watchers watch while a load runs, and says what a delivery cost the server. */
async function measure(
  bench: Bench,
  server: ServerProcess,
  watchers: number,
  load: Parameters<Awaited<ReturnType<typeof connectWatchers>>["run"]>[0],
): Promise<JobResult> {
  await using client = await connectWatchers(bench, server, watchers);
  await client.run({ kind: "watch", watchers });
  const before = await server.ask("stats");
  const result = await client.run(load);
  const after = await server.ask("stats");
  await client.run({ kind: "disconnect" });
  return { ...result, cpu: (1000 * (after.cpuMs - before.cpuMs)) / (result.deliveries ?? Number.NaN) };
}

async function plan(bench: Bench): Promise<Plan> {
  const seconds = bench.either(3, 0.5);
  const most = bench.either(10_000, 200);
  const server = bench.keep(await startFeedServer(bench));
  const flood = (name: string, watchers: number, on = server): Contender => ({
    name,
    measure: () => measure(bench, on, watchers, { kind: "flood", inFlight: IN_FLIGHT, seconds }),
  });
  const pace = (watchers: number, rate: number): Contender => ({
    name: `${watchersText(watchers)}, ${rate} changes a second`,
    measure: () => measure(bench, server, watchers, { kind: "pace", rate, seconds }),
  });
  const lanes: Contender[] = [];
  for (const lane of LANES) {
    lanes.push(flood(laneTitle(lane), 1000, bench.keep(await startFeedServer(bench, lane))));
  }
  const counts = [1, 100, 1000, most];
  return {
    charts: [
      {
        id: "rate",
        title: `As fast as ${IN_FLIGHT} changes at a time are acknowledged`,
        metrics: rates,
        contenders: counts.map(count => flood(watchersText(count), count)),
      },
      {
        id: "delay",
        title: "From the call that makes a change to a watcher",
        metrics: delays,
        contenders: [pace(1, 100), pace(100, 100), pace(1000, 100), pace(most, 10)],
      },
      { id: "lanes", title: "1,000 watchers on each lane", metrics: rates, contenders: lanes, pictured: false },
    ],
    targets: [
      {
        text: "≥ 1,000,000 deliveries a second to 1,000 watchers",
        of: rateOf("rate", "1,000 watchers"),
        atLeast: 1_000_000,
      },
      {
        text: "p99 < 50 ms with 1,000 watchers and 100 changes a second",
        of: { chart: "delay", contender: "1,000 watchers, 100 changes a second", metric: "p99" },
        atMost: 50,
      },
    ],
    notes: [
      ...LANE_NOTES,
      "every watcher subscribes to all events over gRPC, 100 to a connection, and gets every one that was acknowledged",
      "the time to a watcher includes the call that makes the change, its commit, and its wait where it is sent late",
    ],
  };
}

/** What it takes to tell many of each change. */
export const scenario: Scenario = {
  name: "feed-fan-out",
  compares: "how fast the feed of changes reaches 1 to 10,000 watchers on one core",
  rounds: 3,
  plan,
};
