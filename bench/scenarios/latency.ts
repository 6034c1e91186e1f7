import { create, toBinary } from "@bufbuild/protobuf";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { createCall } from "../load/call.ts";
import { runJob } from "../load/client.ts";
import { measureCall } from "../load/measure.ts";
import { keepForeignPeers } from "../peers/foreign.ts";
import { keepPeer, LANE_NOTES, LANES, laneTitle, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Plan, Scenario } from "../scenario.ts";
import { LATENCIES } from "./metrics.ts";

interface Peer {
  readonly name: string;
  readonly port: number;
  /** Calls a second, at most. */
  readonly capacity: number;
}

/** Calls a second that the load surely sends in time. Above it its own queue shows. */
const LOAD_CAPACITY = 15_000;

const message = create(HelloRequestSchema, { name: "Ada", age: 36 });
const call = createCall({ format: "gRPC", http: "2", method: Greeter.method.sayHello, message });

async function startPeers(bench: Bench): Promise<{ peers: Peer[]; notes: readonly string[] }> {
  const servers = new Map<string, number>();
  for (const lane of LANES) {
    const { port } = bench.keep(await startConcierge(bench, { lane }));
    servers.set(laneTitle(lane), port);
  }
  servers.set("grpc-js", (await keepPeer(bench, "grpc-js.ts")).port);
  servers.set("floor", (await keepPeer(bench, "floor.ts")).port);
  const foreign = await keepForeignPeers(bench, ["grpc-go", "tonic"]);
  for (const { name, server } of foreign.peers) servers.set(name, server.port);
  const peers: Peer[] = [];
  for (const [name, port] of servers) {
    const load = { port, pinned: bench.machine.pinned, amount: { seconds: bench.either(3, 0.3) } };
    peers.push({ name, port, capacity: await measureCall(call, load) });
  }
  return { peers, notes: foreign.notes };
}

function chartOf(bench: Bench, id: string, title: string, peers: readonly Peer[], rate: (peer: Peer) => number): Chart {
  const contenders = peers.map(peer => ({
    name: peer.name,
    measure() {
      return runJob(
        {
          kind: "open",
          port: peer.port,
          path: call.path,
          message: Buffer.from(toBinary(HelloRequestSchema, message)).toString("base64"),
          connections: 10,
          rate: rate(peer),
          seconds: bench.either(6, 0.5),
        },
        bench.machine.pinned,
      );
    },
  }));
  return { id, title, metrics: LATENCIES, contenders, baseline: "grpc-js" };
}

async function plan(bench: Bench): Promise<Plan> {
  const { peers, notes } = await startPeers(bench);
  const half = Math.round((peers.find(({ name }) => name === "grpc-js")?.capacity ?? 0) / 2);
  // At a rate near or above a server's capacity latency only tells how long the measurement took.
  const able = peers.filter(({ capacity }) => capacity > half * 1.2);
  const unable = peers
    .filter(peer => !able.includes(peer))
    .map(({ name }) => `${name} cannot reach half of grpc-js's rate`);
  const p99Of = (chart: string, contender: string) => ({ chart, contender, metric: "p99" });
  const wire = laneTitle("wire");
  return {
    charts: [
      chartOf(bench, "same", "All at half of grpc-js's maximum", able, () => half),
      chartOf(bench, "own", "Each at half of its own maximum", peers, ({ capacity }) =>
        Math.min(Math.round(capacity / 2), LOAD_CAPACITY),
      ),
    ],
    targets: [
      {
        text: "p99 ≤ 0.4 × grpc-js's, both at half of grpc-js's maximum",
        of: p99Of("same", wire),
        against: p99Of("same", "grpc-js"),
        atMost: 0.4,
      },
      {
        text: "p99 below grpc-js's, each at half of its own maximum",
        of: p99Of("own", wire),
        against: p99Of("own", "grpc-js"),
        atMost: 1,
      },
    ],
    notes: [...LANE_NOTES, ...notes, ...unable, `the load sends ${LOAD_CAPACITY} calls a second at most`],
  };
}

/** Latency at half load. */
export const scenario: Scenario = {
  name: "latency",
  compares: "the time a gRPC `SayHello` takes at half load on both lanes, with other servers and the floor",
  rounds: 3,
  plan,
};
