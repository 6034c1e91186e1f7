import type { Bench, Plan, Scenario } from "../scenario.ts";
import { CLIENTS, type ClientName, keepGreeterServer, measureClient } from "./greeter-clients.ts";
import { LATENCIES } from "./metrics.ts";

/** Calls in flight while a client's maximum is measured: grpc-js makes no more with more of them. */
const atMost = 100;

async function plan(bench: Bench): Promise<Plan> {
  const { port, note } = await keepGreeterServer(bench);
  const capacities = new Map<ClientName, number>();
  for (const client of Object.keys(CLIENTS) as ClientName[]) {
    const measured = await measureClient(bench, client, port, "in-flight", "unary", atMost, 8, bench.either(3, 0.3));
    capacities.set(client, measured.rate ?? 0);
  }
  const half = Math.round((capacities.get("grpc-js") ?? 0) / 2);
  // At a rate near or above a client's maximum latency only tells how long the measurement took.
  const able = [...capacities].filter(([, capacity]) => capacity > half * 1.2).map(([client]) => client);
  const unable = [...capacities.keys()]
    .filter(client => !able.includes(client))
    .map(client => `${CLIENTS[client]} cannot reach half of grpc-js's rate`);
  const p99Of = (contender: string) => ({ chart: "same", contender, metric: "p99" });
  return {
    charts: [
      {
        id: "same",
        title: "All at half of grpc-js's maximum",
        metrics: LATENCIES,
        contenders: able.map(client => ({
          name: CLIENTS[client],
          measure: () => measureClient(bench, client, port, "on-schedule", half, bench.either(6, 0.5)),
        })),
        baseline: "grpc-js",
      },
    ],
    targets: [
      {
        text: "p99 ≤ 0.5 × grpc-js's, both at half of grpc-js's maximum",
        of: p99Of(CLIENTS.wire),
        against: p99Of("grpc-js"),
        atMost: 0.5,
      },
    ],
    notes: [
      note,
      ...unable,
      "grpc-go is left out: on one core it cannot spin until a call is due and read replies meanwhile",
    ],
  };
}

/** The latency of clients at a fixed rate. */
export const scenario: Scenario = {
  name: "client-latency",
  compares: "the time a gRPC `SayHello` takes by the client for Node.js and by those of others, all at one rate",
  rounds: 3,
  plan,
};
