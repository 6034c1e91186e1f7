import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { createUser, newUser } from "../../server/store/contract/driver.ts";
import { openStore } from "../../server/store/open-store.ts";
import { openPostgresStore } from "../../server/store/postgres/postgres-store.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import { giveAway, startPostgres } from "../support/postgres.ts";
import { databaseOf, startProxy } from "../support/postgres-proxy.ts";
import { createRandom } from "../support/random.ts";
import { findProblems } from "./audit.ts";
import { createHotUsers, newOutcomes, runWriters } from "./workload.ts";

const STOPS = Number(process.env.CHAOS_STOPS ?? 10);
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

/** A crash is followed by the log alone; what the system has in memory it keeps. */
const SETTINGS = { recovery_init_sync_method: "syncfs" };

/** Writes on stores while something is done to them, then audits the database. */
async function writeThrough(
  t: TestContext,
  stores: readonly UserStore[],
  trouble: () => Promise<void>,
): Promise<string> {
  const [store] = stores as [UserStore];
  await createHotUsers(store);
  const outcomes = newOutcomes();
  let over = false;
  const writing = runWriters({ stores, writers: 16, seed, outcomes, isOver: () => over });
  await Promise.race([trouble(), writing]);
  over = true;
  await writing;
  const problems = await findProblems(store, outcomes);
  const { done, refused, failed, unknown } = outcomes;
  const counts = `${done.size} done, ${refused.size} refused, ${failed.size} failed, ${unknown.size} unknown, ${problems.length} problems`;
  t.diagnostic(`seed ${seed}: ${counts}`);
  assert.deepEqual(problems, []);
  assert.ok(done.size > 0);
  return counts;
}

async function openTwo(t: TestContext, url: string): Promise<UserStore[]> {
  const stores = await Promise.all([openStore(url), openStore(url)]);
  t.after(() => Promise.all(stores.map(store => store.close())));
  return stores;
}

test(`the immediate stop of the server, ${STOPS} times, loses no acknowledged write, and writes are back within a second`, async t => {
  const server = await startPostgres({ settings: SETTINGS });
  t.after(() => server[Symbol.asyncDispose]());
  const stores = await openTwo(t, await server.createDatabase());
  const back: number[] = [];
  await writeThrough(t, stores, async () => {
    for (let stop = 0; stop < STOPS; stop++) {
      await sleep(300);
      await server.stop("SIGQUIT");
      await server.start();
      const started = performance.now();
      await createUser(stores[stop % 2] as UserStore, newUser(`after${stop}`));
      back.push(Math.round(performance.now() - started));
    }
  });
  t.diagnostic(`first write after the server was back, in ms: ${back.join(" ")}`);
});

test("backends that are ended again and again lose and double nothing", async t => {
  const server = await startPostgres();
  t.after(() => server[Symbol.asyncDispose]());
  const url = await server.createDatabase();
  const stores = await openTwo(t, url);
  let ended = 0;
  await writeThrough(t, stores, async () => {
    const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = $1 AND application_name LIKE 'concierge %' AND random() < 0.5`;
    for (let round = 0; round < 40; round++) {
      await sleep(60);
      ended += (await server.query(sql, [databaseOf(url)])).length;
    }
  });
  t.diagnostic(`${ended} backends ended`);
});

test("sockets that are cut at any byte lose and double nothing", async t => {
  const server = await startPostgres();
  t.after(() => server[Symbol.asyncDispose]());
  const proxy = await startProxy(server);
  t.after(() => proxy[Symbol.asyncDispose]());
  const stores = await openTwo(t, proxy.urlOf(databaseOf(await server.createDatabase())));
  const random = createRandom(seed);
  let cuts = 0;
  let left = 0;
  let over = false;
  await writeThrough(t, stores, async () => {
    const lookTowards =
      (towards: "server" | "client"): typeof proxy.toServer =>
      (bytes, link) => {
        left -= bytes.length;
        if (left > 0 || over) return true;
        left = random.below(random.chance(0.5) ? 3000 : 60_000);
        cuts += 1;
        link.cutAfter(bytes.subarray(0, random.below(bytes.length + 1)), towards);
        return false;
      };
    left = 10_000;
    proxy.toServer = lookTowards("server");
    proxy.toClient = lookTowards("client");
    await sleep(8000);
    over = true;
  });
  t.diagnostic(`${cuts} sockets cut`);
  assert.ok(cuts > 10);
});

test("a server without a free slot is waited for", async t => {
  const server = await startPostgres({
    settings: { fsync: "off", max_connections: "30", superuser_reserved_connections: "3" },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const url = await server.createDatabase();
  await server.query("CREATE ROLE plain LOGIN");
  await server.query(`GRANT CREATE ON DATABASE ${databaseOf(url)} TO plain`);
  const plain = url.replace("postgres@", "plain@");
  const stores = await openTwo(t, plain);
  await writeThrough(t, stores, async () => {
    const ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'concierge %'";
    const others: Client[] = [];
    for (let full = false; !full; ) {
      const client = new Client({ host: server.socket, user: "plain", database: databaseOf(url), ssl: false });
      client.on("error", () => {});
      full = await client.connect().then(
        () => false,
        () => true,
      );
      if (!full) others.push(client);
    }
    await server.query(ours);
    // The freed ones are taken at once, by whoever is quicker.
    for (let i = 0; i < 20; i++) {
      const client = new Client({ host: server.socket, user: "plain", database: databaseOf(url), ssl: false });
      client.on("error", () => {});
      await client.connect().then(
        () => others.push(client),
        () => {},
      );
    }
    await sleep(500);
    await Promise.all(others.map(client => client.end()));
    await sleep(1500);
  });
});

test("a full disk stops writes cleanly, and space brings them back", async t => {
  const folder = mkdtempSync(join(tmpdir(), "concierge-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]).status === 0;
  t.after(() => {
    if (mounted) spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (!mounted) {
    t.diagnostic("NOT TRIED: this machine lets this user mount no small disk");
    return;
  }
  const server = await startPostgres();
  t.after(() => server[Symbol.asyncDispose]());
  const data = join(folder, "data");
  mkdirSync(data);
  giveAway(folder);
  giveAway(data);
  await server.query(`CREATE TABLESPACE small LOCATION '${data}'`);
  await server.query("CREATE DATABASE small TABLESPACE small");
  const store = await openPostgresStore({ url: server.urlOf("small"), waitMs: 1000 });
  t.after(() => store.close());
  const states: string[] = [];
  store.onHealth(({ state }) => states.push(state));
  writeFileSync(join(folder, "ballast"), Buffer.alloc(8_000_000));
  let acknowledged = 0;
  const fill = async (writer: string) => {
    for (let i = 0; ; i++) {
      await createUser(store, newUser(`${writer}${i}`, { bio: "x".repeat(1900) }));
      acknowledged += 1;
    }
  };
  const refusals = await Promise.allSettled(["a", "b", "c", "d"].map(fill));
  for (const refusal of refusals)
    assert.match(String((refusal as PromiseRejectedResult).reason), /StoreUnavailableError/);
  assert.equal((await store.getUser(1))?.id, 1);
  rmSync(join(folder, "ballast"));
  while (store.health().state !== "ready") await sleep(20);
  await createUser(store, newUser("afterwards"));
  t.diagnostic(`${acknowledged} acknowledged before the disk was full; ${states.join(", ")}`);
  assert.equal(await store.countUsers({}), acknowledged + 1);
  assert.deepEqual(states, ["read_only", "ready"]);
});
