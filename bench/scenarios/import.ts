import { runJob } from "../load/client.ts";
import { LANE_NOTES, LANES, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Metric, Plan, Scenario } from "../scenario.ts";
import { USERS } from "./metrics.ts";

const methods = ["ImportUsers", "BulkCreateUsers"] as const;
const metrics: readonly Metric[] = [USERS, { key: "ms", label: "ms in all", better: "less" }];

async function plan(bench: Bench): Promise<Plan> {
  const users = bench.either(10_000, 1000);
  const charts: Chart[] = [];
  for (const lane of LANES) {
    const file = await bench.users(1000, `import-${lane}`);
    const { port } = bench.keep(await startConcierge(bench, { lane, file }));
    charts.push({
      id: lane,
      title: `${users.toLocaleString("en-US")} users in one call, ${lane} lane`,
      metrics,
      contenders: methods.map(method => ({
        name: method,
        measure: () => runJob({ kind: "import", port, method, users }, bench.machine.pinned),
      })),
    });
  }
  return { charts, targets: [], notes: LANE_NOTES };
}

/** Many users in one call, all or none. */
export const scenario: Scenario = {
  name: "import",
  compares: "the two calls that store many users at once, each user checked and all of them durable",
  rounds: 7,
  plan,
};
