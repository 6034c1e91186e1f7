import { type ServerProcess, startServerProcess } from "../peers/process.ts";
import { benchFile, startConcierge, startPeer } from "../peers/servers.ts";
import type { Bench, Contender, Plan, Scenario } from "../scenario.ts";

const KILOBYTE = 1e3;
/** Connections before those that are measured: from here on each more takes as much as the one before. */
const FIRST = 2_000;

/** What each connection adds that made one call and stays open. */
function contender(bench: Bench, name: string, count: number, start: () => Promise<ServerProcess>): Contender {
  return {
    name,
    async measure() {
      // A fresh server: memory that others left would be taken for free.
      await using server = await start();
      const { pinned } = bench.machine;
      const open = (connections: number) =>
        startServerProcess({
          command: [process.execPath, benchFile("load/idle-connections.ts"), String(server.port), String(connections)],
          pinned,
          core: "load",
        });
      // What the first load and compile is not theirs, nor what the young generation and the compiler's threads grow to. They
      // stay open: memory that they left would be taken for free.
      await using _first = await open(bench.either(FIRST, 100));
      const before = await server.ask("watch");
      await using _idle = await open(count);
      await server.ask("watch");
      const after = await server.ask("stats");
      const each = (bytes: number) => bytes / count / KILOBYTE;
      return { rss: each(after.rss - before.rss), heap: each(after.heap - before.heap) };
    },
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const count = bench.either(5_000, 200);
  // All of them come from one address.
  const settings = { MAX_CONNECTIONS_PER_NETWORK: "10000" };
  const concierge = (httpEngine: string) => () =>
    startConcierge(bench, { settings: { ...settings, HTTP_ENGINE: httpEngine } });
  return {
    charts: [
      {
        id: "memory",
        title: `Memory of each of ${count.toLocaleString("en-US")} idle HTTP/2 connections`,
        metrics: [
          { key: "rss", label: "KB resident", better: "less" },
          { key: "heap", label: "KB of heap", better: "less" },
        ],
        contenders: [
          contender(bench, "Concierge", count, concierge("engine")),
          contender(bench, "Concierge on node:http2", count, concierge("node")),
          contender(bench, "grpc-js", count, () => startPeer(bench, "grpc-js.ts")),
          contender(bench, "connect-node", count, () => startPeer(bench, "connect-node.ts", "2")),
        ],
      },
    ],
    targets: [
      { text: "≤ 12 KB a connection", of: { chart: "memory", contender: "Concierge", metric: "rss" }, atMost: 12 },
    ],
  };
}

/** What connections cost that are idle. */
export const scenario: Scenario = {
  name: "idle-connections",
  compares: "the memory of connections over HTTP/2 that made one call and stay open",
  rounds: 3,
  plan,
};
