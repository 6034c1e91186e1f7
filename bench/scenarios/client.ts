import type { Bench, Chart, Contender, Metric, Plan, Scenario } from "../scenario.ts";
import { CLIENTS, type ClientName, keepGreeterServer, measureClient, measureProgram } from "./greeter-clients.ts";
import { CALLS, rateOf } from "./metrics.ts";

const MESSAGES: Metric = { key: "rate", label: "messages a second", better: "more" };
const WORK: Metric = { key: "cpu", label: "µs of work for each", better: "less" };

/** What the clients do. */
interface Work {
  readonly id: string;
  readonly kind: "unary" | "server" | "client" | "bidi";
  readonly inFlight: number;
  /** Bytes of a name, or messages of a stream. */
  readonly amount: number;
}

const works: readonly Work[] = [
  { id: "unary, 1 in flight", kind: "unary", inFlight: 1, amount: 8 },
  { id: "unary, 16 in flight", kind: "unary", inFlight: 16, amount: 8 },
  { id: "unary, 100 in flight", kind: "unary", inFlight: 100, amount: 8 },
  { id: "unary, 10 KB, 16 in flight", kind: "unary", inFlight: 16, amount: 10_000 },
  { id: "server streaming, 16 streams", kind: "server", inFlight: 16, amount: 1_000 },
  { id: "client streaming, 16 streams", kind: "client", inFlight: 16, amount: 1_000 },
  { id: "bidi streaming, 16 streams", kind: "bidi", inFlight: 16, amount: 1_000 },
];

async function plan(bench: Bench): Promise<Plan> {
  const { port, go, note } = await keepGreeterServer(bench);
  const seconds = bench.either(3, 0.3);
  // Streams as long as they are asked for are what our own server has under another name alone.
  const charts: Chart[] = works
    .filter(({ kind }) => go !== undefined || kind === "unary")
    .map(({ id, kind, inFlight, amount }) => {
      const contenders: Contender[] = Object.entries(CLIENTS).map(([client, name]) => ({
        name,
        measure: () => measureClient(bench, client as ClientName, port, "in-flight", kind, inFlight, amount, seconds),
      }));
      if (go !== undefined) {
        const command = [go, kind, ...[port, inFlight, amount, seconds].map(String)];
        contenders.push({ name: "grpc-go", measure: () => measureProgram(bench, command) });
      }
      return {
        id,
        title: `gRPC, ${id}`,
        metrics: [kind === "unary" ? CALLS : MESSAGES, WORK],
        contenders,
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
    versus("unary, 1 in flight", CLIENTS.wire, "grpc-js", 1),
    versus("unary, 100 in flight", CLIENTS.wire, "grpc-js", 5),
    ...(go === undefined
      ? []
      : [
          versus("unary, 100 in flight", CLIENTS.wire, "grpc-go", 0.6),
          versus("unary, 100 in flight", CLIENTS["wire-bare"], "grpc-go", 0.9),
          versus("server streaming, 16 streams", CLIENTS.wire, "grpc-js", 3),
        ]),
  ];
  const notes = go === undefined ? [note, "without Go there is no grpc-go, and there are no streams"] : [note];
  return { charts, targets, notes };
}

/** Clients of one server. */
export const scenario: Scenario = {
  name: "client",
  compares: "the client for Node.js with those of others, calling one server over gRPC on one connection",
  rounds: 3,
  plan,
};
