import { runJob } from "../load/client.ts";
import { LANE_NOTES, LANES, laneTitle, startConcierge } from "../peers/servers.ts";
import type { Bench, Metric, Plan, Scenario } from "../scenario.ts";
import { MEGABYTE, USERS } from "./metrics.ts";

const metrics: readonly Metric[] = [
  USERS,
  { key: "heap", label: "MB of heap over idle", better: "less" },
  { key: "live", label: "MB of it after whole collections", better: "less" },
  { key: "rss", label: "MB resident over idle", better: "less" },
];

async function plan(bench: Bench): Promise<Plan> {
  const count = bench.either(1_000_000, 10_000);
  const { pinned } = bench.machine;
  const file = await bench.users(count, "export");
  const contenders = LANES.map(lane => ({
    name: laneTitle(lane),
    // A fresh server each time: memory that an earlier export left would count as idle.
    async measure() {
      await using server = await startConcierge(bench, { lane, file });
      const idle = await server.ask("watch");
      const { users, rate = 0 } = await runJob({ kind: "export", port: server.port }, pinned);
      const { peakHeap, peakLive, peakRss } = await server.ask("stats");
      const overIdle = (peak: number, atRest: number) => Math.max(0, peak - atRest) / MEGABYTE;
      if (users !== count) throw new Error(`${users} users were exported of ${count}`);
      return {
        rate,
        heap: overIdle(peakHeap, idle.heap),
        live: overIdle(peakLive, idle.heap),
        rss: overIdle(peakRss, idle.rss),
      };
    },
  }));
  const targets = LANES.map(lane => ({
    text: `${lane} lane: an export in < 60 MB over the idle heap`,
    of: { chart: "export", contender: laneTitle(lane), metric: "heap" },
    atMost: 60,
  }));
  const title = `ExportUsers, ${count.toLocaleString("en-US")} users`;
  return { charts: [{ id: "export", title, metrics, contenders }], targets, notes: LANE_NOTES };
}

/** The whole directory as one stream. */
export const scenario: Scenario = {
  name: "export",
  compares: "how fast a fresh server streams its whole directory over gRPC, and what memory that takes",
  rounds: 3,
  plan,
};
