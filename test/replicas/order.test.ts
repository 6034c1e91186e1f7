import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { openPostgresStore } from "../../server/store/postgres/postgres-store.ts";
import { startPostgres } from "../support/postgres.ts";
import { databaseOf, startProxy } from "../support/postgres-proxy.ts";
import { findProblems } from "./audit.ts";
import { runInOrder } from "./order-run.ts";
import { sabotage } from "./sabotage.ts";
import { createHotUsers, newOutcomes, runWriters } from "./workload.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const SEED = Number(process.env.CHAOS_SEED ?? 1);
/** So long that no test meets it, however busy the machine is. */
const LONG_MS = 600_000;

/** Opens stores on one new database until the test ends. */
async function openReplicas(t: TestContext, count: number) {
  const url = await server.createDatabase();
  const open = () => openPostgresStore({ url, waitMs: LONG_MS });
  const stores = await Promise.all(Array.from({ length: count }, open));
  t.after(() => Promise.all(stores.map(store => store.close())));
  return { database: databaseOf(url), stores };
}

test("what watchers on three replicas get while they come, go and stall is what 16 writers did", async t => {
  const { stores } = await openReplicas(t, 3);
  const isOver = (begun: number) => begun >= 60;
  const run = await runInOrder({ stores, writers: 16, watchers: 12, seed: SEED, longestMs: 200, isOver });
  t.diagnostic(run.counts);
  assert.deepEqual(run.problems, []);
});

test("without the lock writes fail on each other's numbers", async t => {
  const { stores, database } = await openReplicas(t, 3);
  await sabotage(server, database, "no lock");
  const isOver = (begun: number) => begun >= 20;
  await assert.rejects(
    runInOrder({ stores, writers: 16, watchers: 0, seed: SEED, longestMs: 200, isOver }),
    /a write failed/,
  );
});

test("with sequences in the place of the lock watchers would miss events", async t => {
  let missed: readonly string[] = [];
  let counts = "";
  // How many it takes is a matter of chance.
  for (let round = 1; missed.length === 0; round++) {
    const { stores, database } = await openReplicas(t, 3);
    const isOver = (begun: number) => begun >= 40;
    const prepare = () => sabotage(server, database, "sequences");
    const run = await runInOrder({
      stores,
      writers: 16,
      watchers: 6,
      seed: SEED + round,
      longestMs: 1000,
      isOver,
      prepare,
    });
    missed = run.problems.filter(text => text.includes("in the place of"));
    counts = run.counts;
    await Promise.all(stores.map(store => store.close()));
  }
  t.diagnostic(`${missed.length} watchers missed events; ${counts}`);
});

test("in the order of their transactions' ids events would not be in the order in which they happened", async t => {
  const { stores, database } = await openReplicas(t, 3);
  const outcomes = newOutcomes();
  await createHotUsers(stores[0] as (typeof stores)[0]);
  await sabotage(server, database, "order by xid");
  const writers = { stores, writers: 16, seed: SEED, outcomes };
  let problems: string[] = [];
  // How many it takes is a matter of chance.
  for (let round = 1; problems.length === 0; round++) {
    await runWriters({ ...writers, run: `r${round}`, isOver: begun => begun >= 40 });
    problems = (await findProblems(stores[0] as (typeof stores)[0], outcomes)).filter(text => text.includes("version"));
  }
  t.diagnostic(`${problems.length} versions out of order in ${outcomes.done.size} writes`);
});

for (const remembered of [true, false]) {
  const title = remembered
    ? "writes whose commits get no reply are there once"
    : "without the ids of batches, writes whose commits get no reply are there twice";
  test(title, async t => {
    const { stores, database } = await openReplicas(t, 1);
    await createHotUsers(stores[0] as (typeof stores)[0]);
    if (!remembered) await sabotage(server, database, "no commit ids");
    const proxy = await startProxy(server);
    t.after(() => proxy[Symbol.asyncDispose]());
    const store = await openPostgresStore({ url: proxy.urlOf(database), waitMs: LONG_MS });
    t.after(() => store.close());
    let commits = 0;
    let cut = 0;
    proxy.toClient = (bytes, link) => {
      if (!bytes.includes("COMMIT\0") || ++commits % 5 !== 0) return true;
      cut += 1;
      link.cut();
      return false;
    };
    const outcomes = newOutcomes();
    const isOver = (begun: number) => begun >= 40;
    await runWriters({ stores: [store], writers: 8, seed: SEED, outcomes, isOver });
    const problems = await findProblems(store, outcomes);
    t.diagnostic(`${cut} of ${commits} commits cut, ${outcomes.done.size} writes done, ${problems.length} problems`);
    assert.ok(cut > 0);
    if (remembered) assert.deepEqual(problems, []);
    else assert.ok(problems.some(text => text.startsWith("doubled")));
  });
}
