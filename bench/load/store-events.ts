import { setTimeout as sleep } from "node:timers/promises";
import { createFeed } from "../../server/directory/feed/feed.ts";
import { openStore } from "../../server/store/open-store.ts";
import { percentile } from "../statistics.ts";

/**
 * Appends events through one store and hears of them by the feed of another, as two replicas do; tells how long after the
 * acknowledgment each came. Arguments: the database's URL, events a second, seconds.
 */
const [url = "", rate = "10", seconds = "1"] = process.argv.slice(2);
const caps = { maxSubscribers: 10, maxSubscribersPerCaller: 10, bookmarkIntervalMs: 60_000 };

await using writer = await openStore(url);
await using reader = await openStore(url);
const user = { name: "Grace Hopper", email: "grace@example.com", role: "viewer" } as const;
await writer.write({ kind: "create", time: Date.now(), users: [user] });
const { signal } = new AbortController();
const feed = createFeed({ store: reader, ...caps });
const subscription = feed.subscribe({ selector: { kind: "all" }, start: { kind: "now" }, signal, caller: "bench" });
await subscription.next();

const appended = new Map<string, number>();
const count = Math.max(10, Number(rate) * Number(seconds));
const heard = (async () => {
  const latencies: number[] = [];
  while (latencies.length < count) {
    const { value } = await subscription.next();
    if (value?.kind !== "transaction") continue;
    for (const { payload } of value.events) {
      latencies.push(performance.now() - (appended.get(Buffer.from(payload ?? []).toString()) ?? Number.NaN));
    }
  }
  return latencies.sort((a, b) => a - b);
})();
for (let i = 0; i < count; i++) {
  appended.set(String(i), performance.now());
  await writer.write({ kind: "append", time: Date.now(), id: 1, type: "login", payload: Buffer.from(String(i)) });
  await sleep(1000 / Number(rate));
}
const latencies = await heard;
await subscription.return();
process.send?.({ p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) });
