import type { Bench, Plan, Scenario } from "../scenario.ts";
import { CLIENTS, type ClientName, keepGreeterServer, measureClient } from "./greeter-clients.ts";
import { MEGABYTE, memoryAfter } from "./metrics.ts";

/** The others would take ten minutes each. */
const measured: readonly ClientName[] = ["wire", "wire-bare", "grpc-js"];

async function plan(bench: Bench): Promise<Plan> {
  const { port, note } = await keepGreeterServer(bench);
  const first = bench.either(100_000, 1000);
  const [early, late] = bench.either(["100,000", "1,000,000"], ["1,000", "10,000"]);
  const contenders = measured.map(client => ({
    name: CLIENTS[client],
    async measure() {
      const { early = 0, late = 0, growth = 0 } = await measureClient(bench, client, port, "memory", first);
      return { early: early / MEGABYTE, late: late / MEGABYTE, growth };
    },
  }));
  return {
    charts: [
      {
        id: "memory",
        title: "Resident memory",
        metrics: memoryAfter(early, late),
        contenders,
      },
    ],
    targets: [
      {
        text: `${CLIENTS.wire}: ${late} calls leave ≤ 1.2 × the memory of ${early}`,
        of: { chart: "memory", contender: CLIENTS.wire, metric: "growth" },
        atMost: 1.2,
      },
    ],
    notes: [note, "clients that make less than some 2,000 calls a second are left out: each would take ten minutes"],
  };
}

/** What calls leave behind in a client's memory. */
export const scenario: Scenario = {
  name: "client-memory",
  compares: "the memory of a client for Node.js after its first unary gRPC calls with that after ten times as many",
  rounds: 1,
  plan,
};
