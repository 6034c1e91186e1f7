import { once } from "node:events";
import { goProgram } from "../peers/foreign.ts";
import { startProcess, startServerProcess } from "../peers/process.ts";
import { benchFile, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Contender, Metric, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

const MESSAGES: Metric = { key: "rate", label: "messages a second", better: "more" };

/** What the clients do. */
interface Work {
  readonly id: string;
  readonly kind: "unary" | "stream";
  readonly inFlight: number;
  /** Bytes of a name, or messages of a stream. */
  readonly amount: number;
}

const works: readonly Work[] = [
  { id: "unary, 1 in flight", kind: "unary", inFlight: 1, amount: 8 },
  { id: "unary, 16 in flight", kind: "unary", inFlight: 16, amount: 8 },
  { id: "unary, 100 in flight", kind: "unary", inFlight: 100, amount: 8 },
  { id: "unary, 10 KB, 16 in flight", kind: "unary", inFlight: 16, amount: 10_000 },
  { id: "server streaming, 16 streams", kind: "stream", inFlight: 16, amount: 1_000 },
];

/** The Node.js clients by the names that `load/greeter-caller.ts` knows them by. */
const clients = {
  wire: "Concierge client",
  "wire-bare": "Concierge client, no layers",
  "node-http2": "Concierge client on node:http2",
  "connect-node": "connect-node",
  "grpc-js": "grpc-js",
} as const;

function contender(name: string, command: readonly string[], bench: Bench): Contender {
  return {
    name,
    async measure() {
      const child = startProcess({ command, core: "load", pinned: bench.machine.pinned });
      let printed = "";
      child.stdout?.on("data", text => {
        printed += text;
      });
      const [code] = await once(child, "close");
      const rate = Number(printed);
      if (code !== 0 || !(rate > 0)) throw new Error(`${name} ended with ${code} and printed "${printed}"`);
      return { rate };
    },
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const go = goProgram(bench);
  const { pinned } = bench.machine;
  const server = bench.keep(
    go === undefined ? await startConcierge(bench, {}) : await startServerProcess({ command: [go, "grpc"], pinned }),
  );
  const seconds = String(bench.either(3, 1));
  // Streams as long as they are asked for are what our own server has under another name alone.
  const charts: Chart[] = works
    .filter(({ kind }) => go !== undefined || kind === "unary")
    .map(({ id, kind, inFlight, amount }) => {
      const args = [String(server.port), String(inFlight), String(amount), seconds];
      const node = Object.entries(clients).map(([client, name]) =>
        contender(name, [process.execPath, benchFile("load/greeter-caller.ts"), client, kind, ...args], bench),
      );
      const call = kind === "unary" ? "call" : "stream";
      return {
        id,
        title: `gRPC, ${id}`,
        metrics: [kind === "unary" ? CALLS : MESSAGES],
        contenders: go === undefined ? node : [...node, contender("grpc-go", [go, call, ...args], bench)],
        baseline: "grpc-js",
      };
    });
  const versus = (id: string, of: string, against: string, atLeast: number) => ({
    text: `${id}: ${of} ≥ ${atLeast} × ${against}`,
    of: rateOf(id, of),
    against: rateOf(id, against),
    atLeast,
  });
  const targets = [
    versus("unary, 1 in flight", clients.wire, "grpc-js", 1),
    versus("unary, 100 in flight", clients.wire, "grpc-js", 5),
    ...(go === undefined
      ? []
      : [
          versus("unary, 100 in flight", clients.wire, "grpc-go", 0.6),
          versus("unary, 100 in flight", clients["wire-bare"], "grpc-go", 0.9),
          versus("server streaming, 16 streams", clients.wire, "grpc-js", 3),
        ]),
  ];
  const notes =
    go === undefined
      ? ["Go is not installed: no grpc-go, and no streams; our own server takes the calls"]
      : ["grpc-go's server takes the calls of all"];
  return { charts, targets, notes };
}

/** Clients of one server. */
export const scenario: Scenario = {
  name: "client",
  compares: "the client for Node.js with those of others, calling one server over gRPC on one connection",
  rounds: 3,
  plan,
};
