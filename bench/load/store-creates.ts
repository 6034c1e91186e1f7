import { randomUUID } from "node:crypto";
import { openStore } from "../../server/store/open-store.ts";

/** What the program sends when it is done: of the time after the warm-up, but for `made`. */
export interface CreatesReport {
  /** Acknowledged creates a second. */
  readonly rate: number;
  /** Acknowledged creates. */
  readonly counted: number;
  /** The batches that they came in. */
  readonly batches: number;
  /** Microseconds of a core that this process took for each. */
  readonly coreUs: number;
  /** Acknowledged creates, those of the warm-up among them. */
  readonly made: number;
}

/** Creates users on a store, with no server around it. Arguments: the store's URL, how many in flight, seconds. */
const [url = "", inFlight = "1", seconds = "1"] = process.argv.slice(2);
const run = randomUUID();
let next = 0;
let made = 0;
let batches = 0;

await using store = await openStore(url, { onBatch: () => batches++ });
const warm = performance.now() + (Number(seconds) * 1000) / 3;
const end = warm + Number(seconds) * 1000;
let atWarm: { made: number; batches: number; cpu: NodeJS.CpuUsage; time: number } | undefined;

async function slot() {
  for (let now = 0; now < end; now = performance.now()) {
    const user = { name: "Grace Hopper", email: `user-${next++}@${run}.example.com`, role: "viewer", age: 42 } as const;
    const { status } = await store.write({ kind: "create", time: Date.now(), users: [user] });
    if (status !== "created") throw new Error(`a create was ${status}`);
    made++;
    if (now >= warm) atWarm ??= { made, batches, cpu: process.cpuUsage(), time: performance.now() };
  }
}
await Promise.all(Array.from({ length: Number(inFlight) }, slot));
if (atWarm === undefined) throw new Error("nothing was created after the warm-up");
const cpu = process.cpuUsage(atWarm.cpu);
const counted = made - atWarm.made;
const report: CreatesReport = {
  rate: (1000 * counted) / (performance.now() - atWarm.time),
  counted,
  batches: batches - atWarm.batches,
  coreUs: (cpu.user + cpu.system) / counted,
  made,
};
process.send?.(report);
