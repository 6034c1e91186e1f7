import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createUser, newUser } from "../../server/store/contract/driver.ts";
import { openStore } from "../../server/store/open-store.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { databaseOf } from "../support/postgres-proxy.ts";
import { createRandom } from "../support/random.ts";
import { findProblems, readHistory } from "./audit.ts";
import { recordProblems, runWatchers } from "./watchers.ts";
import { createHotUsers, newOutcomes } from "./workload.ts";

const KILLS = Number(process.env.CHAOS_KILLS ?? 25);
const STOPS = Number(process.env.CHAOS_STOPS ?? 5);
const REPLICAS = 3;
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const program = fileURLToPath(import.meta.resolve("./replica.fixture.ts"));

function startReplica(url: string, run: string, onDone: (label: string) => void): ChildProcess {
  const child = spawn(process.execPath, [program, url, run, String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  createInterface(child.stdout).on("line", onDone);
  return child;
}

test(`replicas that are killed ${KILLS} times lose no acknowledged write, and hold up nobody`, async t => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  await using store = await openStore(url);
  await createHotUsers(store);
  const outcomes = newOutcomes();
  const random = createRandom(seed);
  let over = false;
  const watching = runWatchers({ stores: [store], watchers: 6, seed, longestMs: 2000, isOver: () => over });
  let lives = 0;
  async function liveAndDie(replica: number): Promise<void> {
    while (lives < KILLS) {
      const run = `r${replica}l${lives++}`;
      let left = 20 + random.below(200);
      const child = startReplica(url, run, label => {
        outcomes.done.add(label);
        left -= 1;
        if (left === 0) child.kill("SIGKILL");
      });
      // Not before its last line is read, too: a write that it was told of counts.
      const [, signal] = await once(child, "close");
      assert.equal(signal, "SIGKILL");
    }
  }
  await Promise.all(Array.from({ length: REPLICAS }, (_, replica) => liveAndDie(replica)));
  over = true;
  await endWatching(store, watching);
  const log = await readHistory(store);
  const problems = await findProblems(store, outcomes);
  for (const record of await watching) problems.push(...recordProblems(log, record));
  t.diagnostic(
    `seed ${seed}: ${lives} kills, ${outcomes.done.size} acknowledged, ${log.length} events, ${problems.length} problems`,
  );
  assert.deepEqual(problems, []);
});

test(`a replica that is stopped ${STOPS} times while it writes holds up the others for less than two seconds`, async t => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  await using store = await openStore(url);
  await createHotUsers(store);
  const outcomes = newOutcomes();
  const begun = Promise.withResolvers<void>();
  const child = startReplica(url, "stopped", label => {
    outcomes.done.add(label);
    begun.resolve();
  });
  await begun.promise;
  let longest = 0;
  let held = 0;
  for (let stop = 0; stop < STOPS; ) {
    await sleep(createRandom(seed + held + stop).below(50));
    child.kill("SIGSTOP");
    const wasHeld = await holdsLock(server, databaseOf(url));
    if (wasHeld) {
      const started = performance.now();
      await createUser(store, newUser(`other${stop}`));
      longest = Math.max(longest, performance.now() - started);
      stop += 1;
    } else held += 1;
    child.kill("SIGCONT");
  }
  child.kill("SIGKILL");
  await once(child, "close");
  const problems = await findProblems(store, outcomes);
  t.diagnostic(
    `${STOPS} stops with the lock, others waited ${Math.round(longest)} ms at most; ${problems.length} problems`,
  );
  assert.deepEqual(problems, []);
  assert.ok(longest < 10_000);
});

/** Whether a writer is idle within its transaction: it has the lock, and does not go on. */
async function holdsLock(server: PostgresServer, database: string): Promise<boolean> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND application_name = 'concierge writer'
    AND state = 'idle in transaction' AND state_change < clock_timestamp() - interval '50 ms'`;
  await sleep(100);
  return (await server.query(sql, [database])).length > 0;
}

async function endWatching(store: Awaited<ReturnType<typeof openStore>>, watching: Promise<unknown>): Promise<void> {
  let met = false;
  const done = () => {
    met = true;
  };
  watching.then(done, done);
  for (let round = 0; !met; round++) {
    for (let id = 1; id <= 5; id++) {
      await store.write({
        kind: "append",
        time: Date.now(),
        id,
        type: "the_end",
        payload: Buffer.from(`end${round}.${id}`),
      });
    }
  }
}
