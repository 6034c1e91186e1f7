import { create, toBinary } from "@bufbuild/protobuf";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { pathOf } from "../load/call.ts";
import { runJob } from "../load/client.ts";
import type { StreamsJob } from "../load/job.ts";
import { keepForeignPeers } from "../peers/foreign.ts";
import { STREAM_SERVICE } from "../peers/greeter-work.ts";
import type { ServerProcess } from "../peers/process.ts";
import { keepPeer, LANE_NOTES, LANES, laneTitle, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Metric, Plan, Scenario } from "../scenario.ts";
import { rateOf } from "./metrics.ts";

interface Peer {
  readonly name: string;
  readonly server: ServerProcess;
  /** Where it has the Greeter of long streams. */
  readonly service?: string;
}

/** Messages of a stream. */
const MESSAGES = 200;
const metric: Metric = { key: "rate", label: "messages a second", better: "more" };

const { sayHelloStream, sayHelloToMany, chat } = Greeter.method;
const kinds = [
  { stream: "server", title: "Server streaming", method: sayHelloStream },
  { stream: "client", title: "Client streaming", method: sayHelloToMany },
  { stream: "bidi", title: "Bidi streaming", method: chat },
] as const;

async function startPeers(bench: Bench): Promise<{ peers: Peer[]; notes: readonly string[] }> {
  const peers: Peer[] = [];
  for (const lane of LANES) {
    const server = bench.keep(await startConcierge(bench, { lane, streams: true }));
    peers.push({ name: laneTitle(lane), server, service: STREAM_SERVICE });
  }
  peers.push({ name: "grpc-js", server: await keepPeer(bench, "grpc-js.ts") });
  peers.push({ name: "connect-node", server: await keepPeer(bench, "connect-node.ts", "2") });
  const foreign = await keepForeignPeers(bench, ["grpc-go", "connect-go", "tonic", "Python grpcio"]);
  return { peers: [...peers, ...foreign.peers], notes: foreign.notes };
}

async function plan(bench: Bench): Promise<Plan> {
  const { peers, notes } = await startPeers(bench);
  const message = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: "Ada", age: MESSAGES }));
  const charts: Chart[] = kinds.map(({ stream, title, method }) => ({
    id: stream,
    title,
    metrics: [metric],
    baseline: "grpc-js",
    contenders: peers.map(({ name, server, service }) => {
      const job: StreamsJob = {
        kind: "streams",
        port: server.port,
        stream,
        path: pathOf(method, service),
        message: Buffer.from(message).toString("base64"),
        messages: MESSAGES,
        connections: 10,
        streamsPerConnection: 2,
        seconds: bench.either(2, 0.3),
      };
      return { name, measure: () => runJob(job, bench.machine.pinned) };
    }),
  }));
  const wire = laneTitle("wire");
  const times = { server: 2, client: 1.5, bidi: 1.5 };
  const targets = kinds.map(({ stream, title }) => ({
    text: `${title} ≥ ${times[stream]} × grpc-js`,
    of: rateOf(stream, wire),
    against: rateOf(stream, "grpc-js"),
    atLeast: times[stream],
  }));
  const go = {
    text: "Server streaming ≥ 1 × grpc-go",
    of: rateOf("server", wire),
    against: rateOf("server", "grpc-go"),
    atLeast: 1,
  };
  return { charts, targets: [...targets, go], notes: [...LANE_NOTES, ...notes] };
}

/** The three kinds of streams over gRPC. */
export const scenario: Scenario = {
  name: "streaming",
  compares: "streams of 200 messages over gRPC on both lanes with other servers",
  rounds: 3,
  plan,
};
