import { openSync, writeSync } from "node:fs";
import { openSqliteStore } from "../../../server/store/sqlite/sqlite-store.ts";
import { batchOf } from "../batches.ts";
import type { Acknowledged } from "./recording.ts";

// Writes to a store from many writers at once, and marks each write that was acknowledged.
const WRITERS = 8;
const WRITES = 8;
/** Users of a write; 0 means that the writer changes the first user it created. */
const SIZES = [1, 0, 2, 25];

const [file = "", marker = "", label = "", ending = ""] = process.argv.slice(2);
const mark = openSync(marker, "a");
const store = await openSqliteStore({ file });

function tell(acknowledged: Acknowledged): void {
  writeSync(mark, `${JSON.stringify(acknowledged)}\n`);
}

async function create(name: string, size: number): Promise<readonly number[]> {
  const users = batchOf(name, size).map(user => ({ ...user, role: "viewer" as const, bio: name.repeat(20) }));
  const request = { id: name, fingerprint: name };
  const result = await store.write({ kind: "create", time: 1, users, request });
  if (result.status !== "created") throw new Error(JSON.stringify(result));
  tell({ ids: result.ids, version: 1, request });
  return result.ids;
}

async function change(id: number, age: number): Promise<void> {
  const result = await store.write({ kind: "update", time: 2, id, changes: { age } });
  if (result.status !== "changed") throw new Error(JSON.stringify(result));
  tell({ ids: [id], version: result.user.version });
}

async function writer(number: number): Promise<void> {
  let first: number | undefined;
  for (let n = 0; n < WRITES; n++) {
    const size = SIZES[(n + number) % SIZES.length] || (first === undefined ? 1 : 0);
    if (size === 0) await change(first ?? 0, n);
    else [first] = [first, ...(await create(`${label}-${number}-${n}`, size))].filter(id => id !== undefined);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
if (ending === "killed") process.kill(process.pid, "SIGKILL");
await store.close();
