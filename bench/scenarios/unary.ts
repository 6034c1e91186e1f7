import { create } from "@bufbuild/protobuf";
import { Greeter, type HelloRequest, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { createCall, type Format, type HttpVersion } from "../load/call.ts";
import type { Shape } from "../load/h2load.ts";
import { measureCall } from "../load/measure.ts";
import { keepForeignPeers } from "../peers/foreign.ts";
import type { ServerProcess } from "../peers/process.ts";
import { keepPeer, LANE_NOTES, LANES, laneTitle, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Contender, Plan, Scenario, Target } from "../scenario.ts";
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

async function startPeers(bench: Bench): Promise<{ peers: Peer[]; notes: readonly string[] }> {
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
  // connect-go compresses the frame with the status, too, and the look at a reply unfolds nothing.
  const isReadable = ({ format }: Wire, { gzip }: Payload) => format !== "gRPC-Web" || !gzip;
  const foreign = await keepForeignPeers(bench, ["grpc-go", "tonic", "connect-go", "Python grpcio"]);
  for (const { name, server } of foreign.peers) {
    peers.push({ name, server, takes: name === "connect-go" ? isReadable : isGrpc });
  }
  return { peers, notes: foreign.notes };
}

function idOf({ format, http }: Wire, { name }: Payload): string {
  return `${format} over HTTP/${http}, ${name}`;
}

/** Other ways to have calls in flight than 10 connections × 20. */
const shapes: readonly Shape[] = [
  { connections: 200, streams: 1 },
  { connections: 1, streams: 1 },
];

function contenderOf(
  { name, server, format }: Peer,
  wire: Wire,
  { message, gzip }: Payload,
  bench: Bench,
  shape?: Shape,
): Contender {
  const call = createCall({ ...wire, ...(format && { format }), method: Greeter.method.sayHello, message, gzip });
  const amount = { seconds: bench.either(2, 0.1) };
  const load = { port: server.port, pinned: bench.machine.pinned, amount, shape };
  return {
    name,
    measure: async () => ({ rate: await measureCall(call, load, reply => reply.message.includes("Hello, ")) }),
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const { peers, notes } = await startPeers(bench);
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
  const grpcWire: Wire = { format: "gRPC", http: "2" };
  for (const shape of shapes) {
    const id = shapeId(shape);
    charts.push({
      id,
      title: id,
      metrics: [CALLS],
      contenders: peers
        .filter(({ takes }) => takes(grpcWire, small))
        .map(peer => contenderOf(peer, grpcWire, small, bench, shape)),
      baseline: "grpc-js",
      pictured: false,
    });
  }
  return { charts, targets: targets(), notes: [...LANE_NOTES, ...notes] };
}

function shapeId({ connections, streams }: Shape): string {
  return `gRPC over HTTP/2, small, ${connections} × ${streams}`;
}

function targets(): Target[] {
  const wire = laneTitle("wire");
  const grpc = idOf({ format: "gRPC", http: "2" }, small);
  const web = idOf({ format: "gRPC-Web", http: "2" }, small);
  const json = idOf({ format: "Connect JSON", http: "1.1" }, small);
  const h2json = idOf({ format: "Connect JSON", http: "2" }, small);
  const h2proto = idOf({ format: "Connect proto", http: "2" }, small);
  function versus(text: string, chart: string, against: string, atLeast: number): Target {
    return {
      text: `${text} ≥ ${atLeast} × ${against}`,
      of: rateOf(chart, wire),
      against: rateOf(chart, against),
      atLeast,
    };
  }
  return [
    versus("gRPC", grpc, "grpc-js", 4),
    versus("gRPC", grpc, "grpc-go", 1.2),
    versus("gRPC", grpc, "tonic", 0.7),
    versus("gRPC, 200 × 1", shapeId({ connections: 200, streams: 1 }), "grpc-go", 1),
    versus("Connect JSON over HTTP/2", h2json, "connect-go", 4),
    versus("Connect proto over HTTP/2", h2proto, "connect-go", 4),
    versus("Connect JSON over HTTP/1.1", json, "Fastify REST", 1.1),
    versus("Connect JSON over HTTP/1.1", json, "connect-go", 0.9),
    { text: "gRPC-Web within 10 % of gRPC", of: rateOf(web, wire), against: rateOf(grpc, wire), atLeast: 0.9 },
  ];
}

/** Unary calls in each protocol. */
export const scenario: Scenario = {
  name: "unary",
  compares: "`SayHello` on both lanes with other servers, in each protocol, small and large, with and without gzip",
  rounds: 3,
  plan,
};
