import { LANE_NOTES } from "../peers/servers.ts";
import type { Bench, Contender, Plan, Scenario } from "../scenario.ts";
import { callBeside, connectWatchers, startFeedServer } from "./feed-server.ts";

/** Long enough for a storm to be over by then. */
const CALL_SECONDS = 8;

/** All watchers lose their connections, miss some events, and come back at the same time with their resume tokens. */
function storm(bench: Bench, name: string, watchers: number, events: number): Contender {
  return {
    name,
    async measure() {
      await using server = await startFeedServer(bench);
      await using client = await connectWatchers(bench, server, watchers);
      await client.run({ kind: "watch", watchers });
      await client.run({ kind: "disconnect" });
      await client.run({ kind: "write", events });
      await callBeside(bench, server, 1);
      await server.ask("watch");
      async function comeBack() {
        const begin = performance.now();
        await client.run({ kind: "connect", watchers });
        await client.run({ kind: "resume", watchers });
        await client.run({ kind: "await", events });
        return performance.now() - begin;
      }
      const calls = callBeside(bench, server, bench.either(CALL_SECONDS, 1));
      const [ms, { p99 = Number.NaN, max = Number.NaN }] = await Promise.all([comeBack(), calls]);
      const { maxPauseMs } = await server.ask("stats");
      return { seconds: ms / 1000, rate: (1000 * watchers) / ms, p99, max, pause: maxPauseMs };
    },
  };
}

async function plan(bench: Bench): Promise<Plan> {
  const watchers = bench.either(10_000, 500);
  const many = watchers.toLocaleString("en-US");
  return {
    charts: [
      {
        id: "storm",
        title: `${many} watchers that come back at once, on 100 connections`,
        metrics: [
          { key: "seconds", label: "seconds until all are up to date", better: "less" },
          { key: "rate", label: "watchers a second", better: "more" },
          { key: "p99", label: "p99 ms of a unary call meanwhile", better: "less" },
          { key: "max", label: "longest call ms", better: "less" },
          { key: "pause", label: "longest pause of the event loop ms", better: "less" },
        ],
        contenders: [storm(bench, "nothing missed", watchers, 0), storm(bench, "100 events missed", watchers, 100)],
      },
    ],
    targets: [],
    notes: LANE_NOTES,
  };
}

/** What it takes to bring everyone back. */
export const scenario: Scenario = {
  name: "feed-reconnect",
  compares: "a storm of watchers that all come back at once with resume tokens, with and without events missed",
  rounds: 3,
  plan,
};
