import { randomUUID } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openStore } from "../../server/store/open-store.ts";

/** Creates users on a store, with no server around it. Arguments: the store's URL, how many in flight, seconds. */
const [url = "", inFlight = "1", seconds = "1"] = process.argv.slice(2);
const delay = monitorEventLoopDelay({ resolution: 1 });
const run = randomUUID();
let next = 0;
let acknowledged = 0;

await using store = await openStore(url);
const warm = performance.now() + (Number(seconds) * 1000) / 3;
const end = warm + Number(seconds) * 1000;
delay.enable();

async function slot() {
  for (let now = 0; now < end; now = performance.now()) {
    const user = { name: "Grace Hopper", email: `user-${next++}@${run}.example.com`, role: "viewer", age: 42 } as const;
    const { status } = await store.write({ kind: "create", time: Date.now(), users: [user] });
    if (status !== "created") throw new Error(`a create was ${status}`);
    if (now >= warm) acknowledged++;
  }
}
await Promise.all(Array.from({ length: Number(inFlight) }, slot));
process.send?.({ rate: (1000 * acknowledged) / (performance.now() - warm), pauseMs: delay.max / 1e6 });
delay.disable();
