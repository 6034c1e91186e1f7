import { setTimeout } from "node:timers/promises";
import { LANE_NOTES } from "../peers/servers.ts";
import type { Bench, Contender, Plan, Scenario } from "../scenario.ts";
import { callBeside, connectWatchers, startFeedServer } from "./feed-server.ts";

const KILOBYTE = 1e3;
/** Those that come at a time: watchers are idle, not a storm whose garbage would be taken for theirs. */
const AT_A_TIME = 500;

/** What each watcher adds to connections that are open already. */
function memoryOf(bench: Bench, watchers: number): Contender {
  return {
    name: "a watcher",
    async measure() {
      // A fresh server: memory that others left would be taken for free.
      await using server = await startFeedServer(bench);
      await using client = await connectWatchers(bench, server, watchers);
      const before = await server.ask("watch");
      for (let i = 0; i < watchers; i += AT_A_TIME) await client.run({ kind: "watch", watchers: AT_A_TIME });
      await server.ask("watch");
      const after = await server.ask("stats");
      const each = (bytes: number) => bytes / watchers / KILOBYTE;
      return { rss: each(after.rss - before.rss), heap: each(after.heap - before.heap) };
    },
  };
}

/** Unary calls beside watchers that are told nothing, and where they `leave` all at once. */
function callsBeside(bench: Bench, name: string, watchers: number, leave = false): Contender {
  const seconds = bench.either(5, 1);
  return {
    name,
    async measure() {
      await using server = await startFeedServer(bench);
      await using client = await connectWatchers(bench, server, Math.max(1, watchers));
      if (watchers > 0) await client.run({ kind: "watch", watchers });
      await callBeside(bench, server, 1);
      await server.ask("watch");
      const calls = callBeside(bench, server, seconds);
      if (leave) {
        await setTimeout((1 + seconds / 2) * 1000);
        await client.run({ kind: "disconnect" });
      }
      const { p50 = Number.NaN, p99 = Number.NaN, max = Number.NaN } = await calls;
      return { p50, p99, max, pause: (await server.ask("stats")).maxPauseMs };
    },
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const watchers = bench.either(10_000, 500);
  const many = watchers.toLocaleString("en-US");
  const [idle, leaving] = [`${many} idle watchers`, `${many} watchers that leave at once`];
  return {
    charts: [
      {
        id: "memory",
        title: `Memory of each of ${many} idle watchers, beyond the connection that 100 of them share`,
        metrics: [
          { key: "rss", label: "KB resident", better: "less" },
          { key: "heap", label: "KB of heap", better: "less" },
        ],
        contenders: [memoryOf(bench, watchers)],
      },
      {
        id: "unary",
        title: "SayHello, 500 calls a second",
        metrics: [
          { key: "p50", label: "p50 ms", better: "less" },
          { key: "p99", label: "p99 ms", better: "less" },
          { key: "max", label: "longest call ms", better: "less" },
          { key: "pause", label: "longest pause of the event loop ms", better: "less" },
        ],
        contenders: [
          callsBeside(bench, "no watchers", 0),
          callsBeside(bench, idle, watchers),
          callsBeside(bench, leaving, watchers, true),
        ],
      },
    ],
    targets: [
      { text: "≤ 6 KB an idle watcher", of: { chart: "memory", contender: "a watcher", metric: "rss" }, atMost: 6 },
      {
        text: `p99 of a unary call < 50 ms beside ${many} idle watchers`,
        of: { chart: "unary", contender: idle, metric: "p99" },
        atMost: 50,
      },
      {
        text: `no call is held up for 1 s where ${many} watchers leave at once`,
        of: { chart: "unary", contender: leaving, metric: "max" },
        atMost: 1000,
      },
    ],
    notes: LANE_NOTES,
  };
}

/** What watchers cost that are told nothing. */
export const scenario: Scenario = {
  name: "feed-idle",
  compares: "the memory of idle watchers, and unary calls beside none of them, 10,000, and 10,000 that leave at once",
  rounds: 3,
  plan,
};
