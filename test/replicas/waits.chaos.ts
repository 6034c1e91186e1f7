import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { createUser, newUser } from "../../server/store/contract/driver.ts";
import { openStore } from "../../server/store/open-store.ts";
import { openPostgresStore } from "../../server/store/postgres/postgres-store.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { databaseOf } from "../support/postgres-proxy.ts";
import { makeFeed } from "./watchers.ts";
import { createHotUsers } from "./workload.ts";

const SUBSCRIBERS = Number(process.env.CHAOS_SUBSCRIBERS ?? 2000);

test(`a restart of the server throws off none of ${SUBSCRIBERS} subscribers`, async t => {
  const server = await startPostgres();
  t.after(() => server[Symbol.asyncDispose]());
  const url = await server.createDatabase();
  const stores = await Promise.all([openStore(url), openStore(url)]);
  t.after(() => Promise.all(stores.map(store => store.close())));
  const feeds = stores.map(makeFeed);
  const { signal } = new AbortController();
  await createHotUsers(stores[0] as UserStore);
  const subscriptions = Array.from({ length: SUBSCRIBERS }, (_, i) =>
    (feeds[i % 2] as (typeof feeds)[0]).subscribe({
      selector: { kind: "all" },
      start: { kind: "now" },
      signal,
      caller: "test",
    }),
  );
  const events = subscriptions.map(async subscription => {
    const payloads: string[] = [];
    for await (const item of subscription) {
      if (item.kind === "transaction")
        payloads.push(...item.events.map(({ payload }) => Buffer.from(payload ?? []).toString()));
      if (payloads.length === 2) break;
    }
    return payloads.join();
  });
  const append = (text: string) =>
    (stores[0] as UserStore).write({
      kind: "append",
      time: Date.now(),
      id: 1,
      type: "login",
      payload: Buffer.from(text),
    });
  // Whoever follows the hub by now is pushed this one; the others read it, before the stop or after.
  await sleep(1000);
  await append("before");
  await server.stop("SIGQUIT");
  await server.start();
  const started = performance.now();
  await append("after");
  const got = await Promise.all(events);
  t.diagnostic(
    `${got.length} subscribers had the event ${Math.round(performance.now() - started)} ms after the server was back`,
  );
  assert.deepEqual(new Set(got), new Set(["before,after"]));
});

test("a hint that is lost costs a second at most, and an old transaction costs no speed", async t => {
  const server = await startPostgres();
  t.after(() => server[Symbol.asyncDispose]());
  const url = await server.createDatabase();
  const silent = { announce() {}, listen: () => () => {}, async close() {} };
  const [writer, reader] = await Promise.all([openStore(url), openPostgresStore({ url, createHints: () => silent })]);
  t.after(() => Promise.all([writer.close(), reader.close()]));
  await createHotUsers(writer);
  const { signal } = new AbortController();
  const subscription = makeFeed(reader).subscribe({
    selector: { kind: "all" },
    start: { kind: "now" },
    signal,
    caller: "test",
  });
  await subscription.next();
  const late: number[] = [];
  for (let i = 0; i < 8; i++) {
    const next = untilTransaction(subscription);
    await sleep(i * 90);
    const started = performance.now();
    await writer.write({ kind: "append", time: Date.now(), id: 1, type: "login", payload: new Uint8Array() });
    await next;
    late.push(Math.round(performance.now() - started));
  }
  await subscription.return();
  t.diagnostic(`without hints an event came after ${late.join(" ")} ms`);
  await compareSpeed(t, server, url, writer);
});

async function untilTransaction(subscription: AsyncIterator<{ readonly kind: string }>): Promise<void> {
  for (;;) if ((await subscription.next()).value?.kind === "transaction") return;
}

async function compareSpeed(t: TestContext, server: PostgresServer, url: string, store: UserStore): Promise<void> {
  let made = 0;
  async function speed(): Promise<number> {
    const end = performance.now() + 1000;
    const before = made;
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (performance.now() < end) await createUser(store, newUser(`speed${made++}`));
      }),
    );
    return made - before;
  }
  const rates: Record<string, number[]> = { without: [], beside: [] };
  await speed();
  for (let round = 0; round < 3; round++) {
    rates.without?.push(await speed());
    const idle = new Client({ host: server.socket, user: "postgres", database: databaseOf(url), ssl: false });
    await idle.connect();
    await idle.query(
      "BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE TEMP TABLE x (); SELECT count(*) FROM concierge.users",
    );
    rates.beside?.push(await speed());
    await idle.end();
  }
  t.diagnostic(
    `creates a second without an old transaction ${rates.without?.join(" ")}, beside one ${rates.beside?.join(" ")}`,
  );
  assert.equal(await store.countUsers({}), made + 20);
}
