import { create } from "@bufbuild/protobuf";
import { Greeter, type HelloRequest, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { createCall, type Format, type HttpVersion } from "../load/call.ts";
import { measureCall } from "../load/measure.ts";
import type { ServerProcess } from "../peers/process.ts";
import { keepGrpcio, keepPeer, LANE_NOTES, LANES, laneTitle, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Contender, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

interface Wire {
  readonly format: Format;
  readonly http: HttpVersion;
}

interface Payload {
  readonly name: string;
  readonly message: HelloRequest;
  readonly gzip: boolean;
}

interface Peer {
  readonly name: string;
  readonly server: ServerProcess;
  /** Whether it can do this work. */
  readonly takes: (wire: Wire, payload: Payload) => boolean;
  /** The format it is asked in, where it speaks none of ours. */
  readonly format?: Format;
}

const wires: readonly Wire[] = [
  { format: "gRPC", http: "2" },
  { format: "gRPC-Web", http: "2" },
  { format: "gRPC-Web", http: "1.1" },
  { format: "Connect proto", http: "2" },
  { format: "Connect proto", http: "1.1" },
  { format: "Connect JSON", http: "2" },
  { format: "Connect JSON", http: "1.1" },
];

/** Text of so many characters that compresses as prose does, the same in each run. */
function prose(length: number): string {
  const words = "the concierge greets whoever comes in and remembers the name of each guest since they first met".split(
    " ",
  );
  let state = 1;
  let text = "";
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += `${words[state % words.length]}${state % 7 === 0 ? state % 1000 : ""} `;
  }
  return text.slice(0, length);
}

const small: Payload = {
  name: "small",
  message: create(HelloRequestSchema, { name: "Ada", age: 36 }),
  gzip: false,
};
const large = { message: create(HelloRequestSchema, { name: prose(10_000), age: 36 }) };
const payloads: readonly Payload[] = [
  small,
  { ...large, name: "10 KB", gzip: false },
  { ...large, name: "10 KB, gzip", gzip: true },
];

async function startPeers(bench: Bench): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const lane of LANES) {
    const server = bench.keep(await startConcierge(bench, { lane }));
    peers.push({ name: laneTitle(lane), server, takes: () => true });
  }
  const isGrpc = ({ format }: Wire) => format === "gRPC";
  const server = await keepPeer(bench, "grpc-js.ts");
  peers.push({ name: "grpc-js", server, takes: isGrpc });
  for (const version of ["2", "1.1"] as const) {
    const server = await keepPeer(bench, "connect-node.ts", version);
    peers.push({ name: "connect-node", server, takes: ({ http }) => http === version });
  }
  const floor = await keepPeer(bench, "floor.ts");
  peers.push({ name: "floor", server: floor, takes: (wire, { gzip }) => isGrpc(wire) && !gzip });
  const rest = await keepPeer(bench, "fastify-rest.ts");
  const takes = (wire: Wire, { gzip }: Payload) => wire.format === "Connect JSON" && wire.http === "1.1" && !gzip;
  peers.push({ name: "Fastify REST", server: rest, takes, format: "REST" });
  const grpcio = await keepGrpcio(bench);
  if (grpcio) peers.push({ name: "Python grpcio", server: grpcio, takes: isGrpc });
  return peers;
}

function idOf({ format, http }: Wire, { name }: Payload): string {
  return `${format} over HTTP/${http}, ${name}`;
}

function contenderOf({ name, server, format }: Peer, wire: Wire, { message, gzip }: Payload, bench: Bench): Contender {
  const call = createCall({ ...wire, ...(format && { format }), method: Greeter.method.sayHello, message, gzip });
  const load = { port: server.port, pinned: bench.machine.pinned, amount: { seconds: bench.either(2, 0.1) } };
  return {
    name,
    measure: async () => ({ rate: await measureCall(call, load, reply => reply.message.includes("Hello, ")) }),
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const peers = await startPeers(bench);
  const charts: Chart[] = [];
  for (const payload of payloads) {
    for (const wire of wires) {
      // A quick run tries each way to call, and each payload over one of them.
      if (bench.quick && payload !== small && wire.format !== "gRPC") continue;
      const there = peers.filter(({ takes }) => takes(wire, payload));
      const names = there.map(({ name }) => name);
      charts.push({
        id: idOf(wire, payload),
        title: idOf(wire, payload),
        metrics: [CALLS],
        contenders: there.map(peer => contenderOf(peer, wire, payload, bench)),
        baseline: ["grpc-js", "Fastify REST", "connect-node"].find(name => names.includes(name)),
        pictured: payload === small || wire.format === "gRPC",
      });
    }
  }
  const wire = laneTitle("wire");
  const grpc = idOf({ format: "gRPC", http: "2" }, small);
  const web = idOf({ format: "gRPC-Web", http: "2" }, small);
  const json = idOf({ format: "Connect JSON", http: "1.1" }, small);
  const targets = [
    { text: "gRPC ≥ 1.2 × grpc-js", of: rateOf(grpc, wire), against: rateOf(grpc, "grpc-js"), atLeast: 1.2 },
    { text: "gRPC ≥ 0.8 × floor", of: rateOf(grpc, wire), against: rateOf(grpc, "floor"), atLeast: 0.8 },
    {
      text: "Connect JSON over HTTP/1.1 ≥ 0.7 × Fastify REST",
      of: rateOf(json, wire),
      against: rateOf(json, "Fastify REST"),
      atLeast: 0.7,
    },
    { text: "gRPC-Web within 10 % of gRPC", of: rateOf(web, wire), against: rateOf(grpc, wire), atLeast: 0.9 },
  ];
  const grpcio = peers.some(({ name }) => name === "Python grpcio") ? [] : ["Python's grpcio is not installed"];
  return { charts, targets, notes: [...LANE_NOTES, ...grpcio] };
}

/** Unary calls in each protocol. */
export const scenario: Scenario = {
  name: "unary",
  compares: "`SayHello` on both lanes with other servers, in each protocol, small and large, with and without gzip",
  rounds: 3,
  plan,
};
