import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OtherDatabaseError } from "../../server/directory/feed/errors.ts";
import { createUser, newUser } from "../../server/store/contract/driver.ts";
import { PositionAheadError } from "../../server/store/errors.ts";
import { openPostgresStore } from "../../server/store/postgres/postgres-store.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import { giveAway, type PostgresServer, startPostgres } from "../support/postgres.ts";
import { findProblems, readHistory } from "./audit.ts";
import { makeFeed, recordProblems, runWatchers } from "./watchers.ts";
import { createHotUsers, newOutcomes, runWriters } from "./workload.ts";

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

/** A primary, a standby that follows it, and a URL that names both. */
async function startPair(t: TestContext, mode: "synchronous" | "asynchronous") {
  const primary = await startPostgres({ settings: { wal_keep_size: "256MB" } });
  t.after(() => primary[Symbol.asyncDispose]());
  const standby = await startPostgres({
    settings: {},
    fill: data => copyBase(primary, data),
  });
  t.after(() => standby[Symbol.asyncDispose]());
  const streams = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'";
  while ((await primary.query(streams)).length === 0) await sleep(20);
  if (mode === "synchronous") {
    await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await primary.query("SELECT pg_reload_conf()");
    while ((await primary.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")).length === 0)
      await sleep(20);
  }
  const hosts = [primary, standby].map(({ socket }) => socket).join(",");
  return { primary, standby, url: `postgresql://postgres@/postgres?host=${encodeURIComponent(hosts)}` };
}

/** A base backup with nothing but what npm brings: https://www.postgresql.org/docs/18/continuous-archiving.html */
async function copyBase(primary: PostgresServer, data: string): Promise<void> {
  // The copy goes on within one session, as the backup ends with that.
  const copied = await primary.session(async query => {
    await query("SELECT pg_backup_start('base', true)");
    cpSync(primary.data, data, { recursive: true, filter: source => !source.endsWith("postmaster.pid") });
    const [row] = await query("SELECT labelfile FROM pg_backup_stop(false)");
    return String(row?.labelfile);
  });
  writeFileSync(join(data, "backup_label"), copied);
  writeFileSync(join(data, "standby.signal"), "");
  const source = `host=${primary.socket} user=postgres application_name=standby`;
  appendFileSync(join(data, "postgresql.auto.conf"), `primary_conninfo = '${source}'\n`);
  if (process.getuid?.() === 0) spawnSync("chown", ["-R", "65534:65534", data]);
  giveAway(data);
}

/** Makes a standby the primary, one that waits for nobody. */
async function promote(standby: PostgresServer): Promise<void> {
  await standby.query("SELECT pg_promote()");
  await standby.query("ALTER SYSTEM RESET synchronous_standby_names");
  await standby.query("SELECT pg_reload_conf()");
}

test("a synchronous standby that takes over has every acknowledged write, once, and watchers go on", async t => {
  const { primary, standby, url } = await startPair(t, "synchronous");
  const stores = await Promise.all([
    openPostgresStore({ url, waitMs: 60_000 }),
    openPostgresStore({ url, waitMs: 60_000 }),
  ]);
  t.after(() => Promise.all(stores.map(store => store.close())));
  const store = stores[0] as UserStore;
  await createHotUsers(store);
  const outcomes = newOutcomes();
  let over = false;
  const watching = runWatchers({ stores, watchers: 10, seed, longestMs: 1000, isOver: () => over });
  const writing = runWriters({ stores, writers: 16, seed, outcomes, isOver: () => over });
  await sleep(2000);
  const before = outcomes.done.size;
  await primary.stop("SIGKILL");
  const began = performance.now();
  await promote(standby);
  const promoted = performance.now();
  await createUser(store, newUser("after"));
  const first = performance.now();
  await sleep(2000);
  over = true;
  await writing;
  let met = false;
  watching.then(
    () => (met = true),
    () => (met = true),
  );
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
  const log = await readHistory(store);
  const problems = await findProblems(store, outcomes);
  for (const record of await watching) problems.push(...recordProblems(log, record));
  t.diagnostic(
    `seed ${seed}: ${before} acknowledged before and ${outcomes.done.size - before} after the promotion of ${Math.round(promoted - began)} ms; first write ${Math.round(first - promoted)} ms later; ${problems.length} problems`,
  );
  assert.deepEqual(problems, []);
});

test("a position of events that a standby never got is refused, also once their numbers are given again", async t => {
  const { primary, standby, url } = await startPair(t, "asynchronous");
  const store = await openPostgresStore({ url, waitMs: 60_000 });
  t.after(() => store.close());
  await createUser(store, newUser("both"));
  const { newest: common } = await store.eventBounds();
  const reached = `SELECT 1 WHERE pg_last_wal_replay_lsn() >= $1`;
  const [row] = await primary.query("SELECT pg_current_wal_lsn()::text AS lsn");
  while ((await standby.query(reached, [row?.lsn])).length === 0) await sleep(10);
  // From now on the standby gets nothing any more.
  await standby.query("ALTER SYSTEM SET primary_conninfo = ''");
  await standby.query("SELECT pg_reload_conf()");
  while ((await primary.query("SELECT 1 FROM pg_stat_replication")).length > 0) await sleep(10);
  await createUser(store, newUser("lost1"));
  await createUser(store, newUser("lost2"));
  const { newest: ahead } = await store.eventBounds();
  const feed = makeFeed(store);
  const { signal } = new AbortController();
  const follower = feed.subscribe({ selector: { kind: "all" }, start: { kind: "now" }, signal, caller: "test" });
  await follower.next();
  const token = feed.tokenOf(follower);
  const following = assert.rejects(async () => {
    for await (const _ of follower);
  }, OtherDatabaseError);
  await primary.stop("SIGKILL");
  await promote(standby);
  await following;
  await assert.rejects(store.readEvents(ahead, 10), PositionAheadError);
  // Their numbers are given again.
  for (const name of ["new1", "new2", "new3"]) await createUser(store, newUser(name));
  assert.equal((await store.eventBounds()).newest.seq, common.seq + 3n);
  await assert.rejects(store.readEvents(ahead, 10), PositionAheadError);
  const late = feed.subscribe({ selector: { kind: "all" }, start: { kind: "resume", token }, signal, caller: "test" });
  await assert.rejects(late.next(), OtherDatabaseError);
  const { events } = await store.readEvents(common, 10);
  assert.deepEqual(
    events.map(({ user }) => user?.name),
    ["new1", "new2", "new3"],
  );
  t.diagnostic(
    "2 acknowledged writes lost with the primary, as an asynchronous standby may; positions past the fork refused",
  );
});
