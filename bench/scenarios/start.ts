import { rmSync } from "node:fs";
import { join } from "node:path";
import { startServerProcess } from "../peers/process.ts";
import { benchFile, conciergeEnv } from "../peers/servers.ts";
import type { Bench, Plan, Scenario } from "../scenario.ts";

/** Starts the server as `npm start` does, and returns the milliseconds until it said that it is ready. Throws where it is not. */
async function timeStart({ machine }: Bench, file: string, compiled: string): Promise<number> {
  const env = { ...conciergeEnv({ file }), NODE_COMPILE_CACHE: compiled };
  const command = [process.execPath, benchFile("../server/start.js")];
  const portLine = /is ready on 127\.0\.0\.1:(\d+)/;
  const started = performance.now();
  await using server = await startServerProcess({ command, env, portLine, pinned: machine.pinned });
  const ms = performance.now() - started;
  const { status } = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  if (status !== 200) throw new Error(`/readyz answered ${status} once the server said it is ready`);
  return ms;
}

async function plan(bench: Bench): Promise<Plan> {
  const few = { name: "10³ users", file: await bench.users(1000, "start") };
  const [name, count] = bench.either(["10⁶ users", 1_000_000], ["10⁴ users", 10_000]);
  const many = { name, file: await bench.users(count, "start") };
  const compiled = join(bench.folder, "compiled");
  // What it compiles is there for those that are measured.
  await timeStart(bench, few.file, compiled);

  const first = `${many.name}, nothing compiled yet`;
  const contenders = [few, many].map(({ name, file }) => ({
    name,
    measure: async () => ({ ms: await timeStart(bench, file, compiled) }),
  }));
  contenders.push({
    name: first,
    async measure() {
      const empty = join(bench.folder, "compiled-at-first");
      rmSync(empty, { recursive: true, force: true });
      return { ms: await timeStart(bench, many.file, empty) };
    },
  });
  const metrics = [{ key: "ms", label: "ms until ready", better: "less" }] as const;
  const targets = [few, many].map(({ name }) => ({
    text: `ready in < 400 ms with ${name}`,
    of: { chart: "start", contender: name, metric: "ms" },
    atMost: 400,
  }));
  const notes = ["a start finds what an earlier one compiled, but for the first after an installation"];
  return {
    charts: [{ id: "start", title: "From the command to ready, one core", metrics, contenders }],
    targets,
    notes,
  };
}

/** How long a start takes. */
export const scenario: Scenario = {
  name: "start",
  compares: "the start of the server on a small data file with that on a large one, and with the first start of all",
  rounds: 9,
  plan,
};
