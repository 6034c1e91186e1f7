import { startServerProcess } from "../peers/process.ts";
import { benchFile, conciergeEnv } from "../peers/servers.ts";
import type { Bench, Plan, Scenario } from "../scenario.ts";

async function plan(bench: Bench): Promise<Plan> {
  const sizes = bench.either({ "10³ users": 1000, "10⁶ users": 1_000_000 }, { "10³ users": 1000, "10⁴ users": 10_000 });
  const contenders = [];
  for (const [name, count] of Object.entries(sizes)) {
    const env = conciergeEnv({ file: await bench.users(count, "start") });
    const command = [process.execPath, benchFile("../server/main.ts")];
    contenders.push({
      name,
      async measure() {
        const started = performance.now();
        const portLine = /is ready on 127\.0\.0\.1:(\d+)/;
        await using server = await startServerProcess({ command, env, portLine, pinned: bench.machine.pinned });
        const ms = performance.now() - started;
        const { status } = await fetch(`http://127.0.0.1:${server.port}/readyz`);
        if (status !== 200) throw new Error(`/readyz answered ${status} once the server said it is ready`);
        return { ms };
      },
    });
  }
  const metrics = [{ key: "ms", label: "ms until ready", better: "less" }] as const;
  const targets = Object.keys(sizes).map(contender => ({
    text: `ready in < 400 ms with ${contender}`,
    of: { chart: "start", contender, metric: "ms" },
    atMost: 400,
  }));
  return { charts: [{ id: "start", title: "From the command to ready, one core", metrics, contenders }], targets };
}

/** How long a start takes. */
export const scenario: Scenario = {
  name: "start",
  compares: "the start of the server on a small data file with that on a large one",
  rounds: 9,
  plan,
};
