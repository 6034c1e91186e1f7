import { create } from "@bufbuild/protobuf";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { createCall } from "../load/call.ts";
import { loadCall } from "../load/h2load.ts";
import type { ServerProcess } from "../peers/process.ts";
import { LANE_NOTES, LANES, laneTitle, startConcierge, startPeer } from "../peers/servers.ts";
import type { Bench, Contender, Plan, Scenario } from "../scenario.ts";
import { MEGABYTE, memoryAfter } from "./metrics.ts";

const message = create(HelloRequestSchema, { name: "Ada", age: 36 });
const call = createCall({ format: "gRPC", http: "2", method: Greeter.method.sayHello, message });

function contenderOf(bench: Bench, name: string, start: () => Promise<ServerProcess>): Contender {
  const first = bench.either(100_000, 1000);
  const { pinned } = bench.machine;
  return {
    name,
    async measure() {
      await using server = await start();
      async function rssAfter(requests: number) {
        const { bad } = await loadCall(call, { port: server.port, pinned, amount: { requests } });
        if (bad > 0) throw new Error(`${bad} of ${requests} calls to ${name} failed`);
        return (await server.ask("stats")).rss / MEGABYTE;
      }
      const early = await rssAfter(first);
      const late = await rssAfter(first * 9);
      return { early, late, growth: late / early };
    },
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const [early, late] = bench.either(["100,000", "1,000,000"], ["1,000", "10,000"]);
  return {
    charts: [
      {
        id: "memory",
        title: "Resident memory",
        metrics: memoryAfter(early, late),
        contenders: [
          ...LANES.map(lane => contenderOf(bench, laneTitle(lane), () => startConcierge(bench, { lane }))),
          contenderOf(bench, "grpc-js", () => startPeer(bench, "grpc-js.ts")),
        ],
      },
    ],
    targets: LANES.map(lane => ({
      text: `${lane} lane: ${late} calls leave ≤ 1.2 × the memory of ${early}`,
      of: { chart: "memory", contender: laneTitle(lane), metric: "growth" },
      atMost: 1.2,
    })),
    notes: LANE_NOTES,
  };
}

/** What calls leave behind in memory. */
export const scenario: Scenario = {
  name: "memory",
  compares: "the memory of a fresh server after its first gRPC calls with that after ten times as many",
  rounds: 1,
  plan,
};
