import assert from "node:assert/strict";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteStore } from "../../server/store/sqlite/sqlite-store.ts";
import { createRandom } from "../support/random.ts";
import { startProcess } from "../support/server-process.ts";
import { batchOf } from "./batches.ts";
import { auditServer } from "./kill/audit.ts";
import { type Batch, createSender, writeUntilGone } from "./kill/writers.ts";
import { checkStore } from "./store-check.ts";

/** Servers at a time, each with a data file of its own. */
const SERVERS = 4;

/** How often each one is killed. */
const KILLS = 25;

/** A server is killed as one of this many batches is acknowledged. */
const BATCHES = 40;

/** Another one gives other moments. */
const SEED = Number(process.env.FAULTS_SEED ?? 1);

/** What was seen, in all lives of all servers. */
const seen = { kills: 0, batches: 0, users: 0, checked: 0, cutOff: 0, storedAllTheSame: 0, repeated: 0 };

test("servers that are killed lose no acknowledged user, and store no half of an import", async t => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  // The first server ends by itself, and leaves compiled modules behind that halve the starts of the others.
  const env = { NODE_COMPILE_CACHE: join(folder.path, "modules") };
  await (await startProcess(0, env)).stop();
  const servers = Array.from({ length: SERVERS }, (_, number) => {
    return killAgainAndAgain(join(folder.path, `${number}.db`), number, env);
  });
  await Promise.all(servers);
  const { kills, batches, users, checked, cutOff, storedAllTheSame, repeated } = seen;
  t.diagnostic(`${kills} kills; ${batches} writes of ${users} users acknowledged, 0 lost in ${checked} look-ups`);
  t.diagnostic(`${cutOff} writes cut off, of which ${storedAllTheSame} were stored whole; ${repeated} repeated by id`);
  assert.equal(kills, SERVERS * KILLS);
  assert.ok(storedAllTheSame > 0 && storedAllTheSame < cutOff, "kills hit writes before and after their commits");
});

/** Starts a server on a data file, kills it amid writes, and looks after each restart for what was acknowledged. */
async function killAgainAndAgain(file: string, number: number, env: Readonly<Record<string, string>>): Promise<void> {
  const random = createRandom(SEED + number);
  const acknowledged = new Map<string, string>();
  let cutOff: readonly Batch[] = [];

  function acknowledge({ label, size }: Batch, ids: readonly string[]): void {
    assert.equal(ids.length, size);
    for (const [index, { name }] of batchOf(label, size).entries()) acknowledged.set(name, ids[index] ?? "");
    seen.batches += 1;
    seen.users += size;
  }

  async function look(baseUrl: string): Promise<void> {
    const found = await auditServer(baseUrl);
    for (const [name, id] of acknowledged) assert.equal(found.get(name), id, name);
    seen.checked += acknowledged.size;
    seen.cutOff += cutOff.length;
    const send = createSender(baseUrl);
    for (const batch of cutOff) {
      const stored = batchOf(batch.label, batch.size).flatMap(({ name }) => found.get(name) ?? []);
      if (stored.length > 0) seen.storedAllTheSame += 1;
      // A request id makes it safe to send again what may have been done, whichever it was.
      if (batch.kind !== "create" && batch.kind !== "import") continue;
      const ids = await send(batch);
      if (stored.length > 0) assert.deepEqual(ids, stored);
      acknowledge(batch, ids);
      seen.repeated += 1;
    }
  }

  for (let life = 0; life < KILLS; life++) {
    await using server = await startProcess(0, { ...env, DATABASE_URL: `sqlite:${file}`, DEMO_DATA: "false" });
    const baseUrl = `http://127.0.0.1:${server.port}`;
    await look(baseUrl);
    let left = 1 + random.below(BATCHES);
    let killed: Promise<void> | undefined;
    cutOff = await writeUntilGone(baseUrl, `s${number}l${life}`, random, (batch, ids) => {
      acknowledge(batch, ids);
      left -= 1;
      if (left === 0) killed = server.kill();
    });
    assert.ok(killed, "the server was gone before it was killed");
    await killed;
    seen.kills += 1;
  }
  await using store = await openSqliteStore({ file });
  const { users, problems } = await checkStore(store, file);
  assert.deepEqual(problems, []);
  for (const [name, id] of acknowledged) assert.equal(users.get(Number(id))?.name, name);
}
