import { runJob } from "../load/client.ts";
import type { FarJob } from "../load/job.ts";
import { keepForeignPeers } from "../peers/foreign.ts";
import { keepPeer, startConcierge } from "../peers/servers.ts";
import type { Bench, Contender, Metric, Plan, Point, Scenario } from "../scenario.ts";

const ROUND_TRIP_MS = 100;
/** What gRPC's clients take by default, less what stands around it. */
const BYTES = 3_900_000;

const metrics: readonly Metric[] = [
  { key: "large", label: "ms for 3.9 MB each way", better: "less" },
  { key: "small", label: "ms for a small call beside it", better: "less" },
];

async function plan(bench: Bench): Promise<Plan> {
  const job = { kind: "far", roundTripMs: ROUND_TRIP_MS, bytes: bench.either(BYTES, 100_000) } as const;
  function contender(name: string, port: number, http: FarJob["http"]): Contender {
    return { name, measure: () => runJob({ ...job, port, http }, bench.machine.pinned) };
  }
  const engine = bench.keep(await startConcierge(bench));
  const node = bench.keep(await startConcierge(bench, { settings: { HTTP_ENGINE: "node" } }));
  const grpcJs = await keepPeer(bench, "grpc-js.ts");
  const foreign = await keepForeignPeers(bench, ["grpc-go", "tonic"]);
  const point = (contender: string, metric: string): Point => ({ chart: "far", contender, metric });
  return {
    charts: [
      {
        id: "far",
        title: `A call at ${ROUND_TRIP_MS} ms from there and back`,
        metrics,
        baseline: "Concierge, HTTP/1.1",
        contenders: [
          contender("Concierge, HTTP/2", engine.port, "2"),
          contender("Concierge, HTTP/1.1", engine.port, "1.1"),
          contender("Concierge on node:http2", node.port, "2"),
          contender("grpc-js", grpcJs.port, "2"),
          ...foreign.peers.map(({ name, server }) => contender(name, server.port, "2")),
        ],
      },
    ],
    targets: [
      {
        text: "3.9 MB over HTTP/2 ≤ 1.3 × the time over HTTP/1.1",
        of: point("Concierge, HTTP/2", "large"),
        against: point("Concierge, HTTP/1.1", "large"),
        atMost: 1.3,
      },
      {
        text: "a small call beside it takes ≤ 3 round trips",
        of: point("Concierge, HTTP/2", "small"),
        atMost: 3 * ROUND_TRIP_MS,
      },
    ],
    notes: foreign.notes,
  };
}

/** What a link with latency costs. */
export const scenario: Scenario = {
  name: "far-away",
  compares: "large messages, and small calls beside them, where the server is far away; the client is ours over HTTP/2",
  rounds: 3,
  plan,
};
