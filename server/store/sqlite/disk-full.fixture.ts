import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUser, newUser } from "../contract/driver.ts";
import { START_POSITION } from "../records.ts";
import { openSqliteStore } from "./sqlite-store.ts";

// Fills the disk that the folder is on, makes room again, and prints what became of the store meanwhile.
const folder = process.argv[2] ?? ".";
const file = join(folder, "x.db");
const ballast = join(folder, "ballast");
writeFileSync(ballast, Buffer.alloc(1_500_000));

let store = await openSqliteStore({ file, probeIntervalMs: 20 });
const states: string[] = [];
const ready = Promise.withResolvers<void>();
store.onHealth(({ state }) => {
  states.push(state);
  if (state === "ready") ready.resolve();
});

let acknowledged = 0;
let refusal: unknown;
async function fill(writer: string): Promise<void> {
  for (let i = 0; refusal === undefined; i++) {
    try {
      await createUser(store, newUser(`${writer}${i}`, { bio: "x".repeat(500) }));
      acknowledged += 1;
    } catch (error) {
      refusal = error;
    }
  }
}
await Promise.all(["a", "b", "c", "d"].map(fill));

const readsWhileFull = (await store.getUser(1)) !== undefined;
rmSync(ballast);
await ready.promise;
await createUser(store, newUser("afterwards"));
acknowledged += 1;
await store.close();

store = await openSqliteStore({ file });
const users = await store.countUsers({});
const events = (await store.readEvents(START_POSITION, 100_000)).events.length;
await store.close();
process.stdout.write(JSON.stringify({ states, refusal: String(refusal), readsWhileFull, acknowledged, users, events }));
