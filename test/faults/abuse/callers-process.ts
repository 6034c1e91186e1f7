import { Agent } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { type Calls, callerConnections } from "./callers.ts";

// Well-behaved clients in a process of their own: calls at a fixed rate, half of them gRPC and half of them Connect with
// JSON over HTTP/1.1. Their times count from when a call was due, so that a server that stalls is charged for all who wait.

/** Milliseconds between two calls. */
const interval = 5;

/** Calls in flight; those that are due beyond it wait, for a well-behaved client opens no more streams than it may. */
const maxInFlight = 50;

const baseUrl = `http://127.0.0.1:${process.argv[2]}`;
// In turns, as one that is left alone for a while would be closed for idleness just as it is taken up again.
const agent = new Agent({ keepAlive: true, maxSockets: callerConnections - 1, scheduling: "fifo" });
const clients = [
  createClient(Greeter, createGrpcTransport({ baseUrl })),
  createClient(
    Greeter,
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, nodeOptions: { agent } }),
  ),
];

let times: number[] = [];
let failures: string[] = [];
let sent = 0;
let inFlight = 0;
const start = performance.now();

async function call(due: number, turn: number): Promise<void> {
  inFlight++;
  try {
    await clients[turn % clients.length]?.sayHello({ name: "Ada" });
    times.push(performance.now() - due);
  } catch (error) {
    failures.push(String(error));
  }
  inFlight--;
  callWhatIsDue();
}

function callWhatIsDue(): void {
  while (inFlight < maxInFlight) {
    const due = start + sent * interval;
    if (due > performance.now()) return;
    void call(due, sent++);
  }
}
setInterval(callWhatIsDue, 1);

/** Returns what there was since it was asked last. */
process.on("message", () => {
  const calls: Calls = { times, failures };
  times = [];
  failures = [];
  process.send?.({ calls });
});
// Nobody is left to ask.
process.once("disconnect", () => process.exit());
process.send?.("ready");
