import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { startPostgres } from "../../../test/support/postgres.ts";
import { databaseOf, type PostgresProxy, startProxy, withoutMessages } from "../../../test/support/postgres-proxy.ts";
import { createUser, newUser, TIME } from "../contract/driver.ts";
import { StoreUnavailableError } from "../errors.ts";
import { START_POSITION } from "../records.ts";
import type { StoreHealth, UserStore } from "../user-store.ts";
import { openPostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

/** So long that no test meets it, however busy the machine is. */
const LONG_MS = 600_000;

/** Opens a store on a new database through a proxy, until the test ends. */
async function open(t: TestContext, options: Partial<PostgresStoreOptions> = {}) {
  const database = databaseOf(await server.createDatabase());
  const proxy = await startProxy(server);
  t.after(() => proxy[Symbol.asyncDispose]());
  const notices: string[] = [];
  const onNotice = (text: string) => void notices.push(text);
  const store = await openPostgresStore({ url: proxy.urlOf(database), waitMs: LONG_MS, onNotice, ...options });
  t.after(() => store.close());
  return { store, proxy, database, notices };
}

/** Resolves when a store's health has a state. */
async function becomes(store: UserStore, wanted: StoreHealth["state"]): Promise<void> {
  if (store.health().state === wanted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = store.onHealth(({ state }) => {
    if (state === wanted) resolve();
  });
  await promise;
  stop();
}

/** Has the proxy cut the next connection that sends COMMIT: before the server gets it, or once it has answered. */
function cutAtCommit(proxy: PostgresProxy, when: "before" | "after"): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.toServer = (bytes, link) => {
    if (!bytes.includes("COMMIT\0")) return true;
    proxy.toServer = () => true;
    if (when === "before") {
      link.cut();
      resolve();
      return false;
    }
    // Of statements before it the server tells at once; only this reply says that the commit is done.
    proxy.toClient = (reply, replied) => {
      if (replied !== link || !reply.includes("COMMIT\0")) return true;
      proxy.toClient = () => true;
      link.cut();
      resolve();
      return false;
    };
    return true;
  };
  return promise;
}

test("a write whose connection is cut before its commit arrives is done anew, once", async t => {
  const { store, proxy } = await open(t);
  const cut = cutAtCommit(proxy, "before");
  const write = createUser(store, newUser("A"));
  await cut;
  assert.equal(await write, 1);
  assert.equal((await store.readEvents(START_POSITION, 10)).events.length, 1);
});

test("a write whose commit gets no reply is looked up and answered as it happened", async t => {
  const { store, proxy } = await open(t);
  const cut = cutAtCommit(proxy, "after");
  const writes = Promise.all([createUser(store, newUser("A")), createUser(store, newUser("B"))]);
  await cut;
  assert.deepEqual(await writes, [1, 2]);
  assert.equal(await createUser(store, newUser("C")), 3);
  assert.equal((await store.readEvents(START_POSITION, 10)).events.length, 3);
});

test("a write whose outcome stays unknown says so, and one that was never sent says that it left no trace", async t => {
  const { store, proxy } = await open(t, { waitMs: 5000 });
  const cut = cutAtCommit(proxy, "after");
  const unknown = store.write({ kind: "create", time: TIME, users: [newUser("A")] });
  proxy.closed = true;
  await cut;
  for (const link of proxy.links) link.cut();
  const unsent = createUser(store, newUser("B"));
  unsent.catch(() => {});
  await assert.rejects(unknown, (error: unknown) => {
    assert.ok(error instanceof StoreUnavailableError && error.mayHaveHappened);
    assert.match(error.message, /^the write may have happened/);
    return true;
  });
  await assert.rejects(unsent, { name: "StoreUnavailableError", mayHaveHappened: false });
  assert.equal(store.health().state, "unreachable");
  proxy.closed = false;
  await becomes(store, "ready");
  assert.equal((await store.getUserByEmail("a@example.com"))?.id, 1);
  assert.equal(await store.getUserByEmail("b@example.com"), undefined);
});

test("writes and reads wait for a server that is started anew", async t => {
  const { store } = await open(t);
  await createUser(store, newUser("A"));
  const states: string[] = [];
  store.onHealth(({ state }) => states.push(state));
  await server.stop("SIGQUIT");
  await becomes(store, "unreachable");
  const waiting = [createUser(store, newUser("B")), store.getUser(1), store.readEvents(START_POSITION, 10)] as const;
  await server.start();
  const [id, user] = await Promise.all(waiting);
  assert.deepEqual([id, user?.name], [2, "A"]);
  assert.deepEqual(states, ["unreachable", "ready"]);
});

test("a read gives up after its time", async t => {
  const { store, proxy } = await open(t, { waitMs: 50 });
  proxy.closed = true;
  for (const link of proxy.links) link.cut();
  await assert.rejects(store.getUser(1), {
    name: "StoreUnavailableError",
    message: "the database cannot be reached at the moment",
  });
});

test("connections that an operator ends are made anew, and nobody notices", async t => {
  const { store, database } = await open(t);
  for (let round = 1; round <= 5; round++) {
    await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [database]);
    const [id] = await Promise.all([createUser(store, newUser(`u${round}`)), store.getUser(1), store.countUsers({})]);
    assert.equal(id, round);
  }
});

test("a server that is told to take no writes makes the store read-only, and heals by itself", async t => {
  const { store, database } = await open(t);
  await createUser(store, newUser("A"));
  await server.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
  await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [database]);
  const write = createUser(store, newUser("B"));
  await becomes(store, "read_only");
  const states: string[] = [];
  store.onHealth(({ state }) => states.push(state));
  assert.equal((await store.getUser(1))?.name, "A");
  await server.query(`ALTER DATABASE ${database} SET default_transaction_read_only = off`);
  assert.equal(await write, 2);
  await becomes(store, "ready");
  assert.deepEqual(states, ["ready"]);
});

test("a right that is taken away makes the store fail, and giving it back mends it without a write", async t => {
  const { store, database } = await open(t);
  const owner = `owner_${database}`;
  await server.query(`CREATE ROLE ${owner} LOGIN`);
  await server.query(`GRANT CREATE ON DATABASE ${database} TO ${owner}`);
  const url = server.urlOf(database).replace("postgres@", `${owner}@`);
  const other = await openPostgresStore({ url: `${url}&schema=theirs`, waitMs: LONG_MS });
  t.after(() => other.close());
  await createUser(store, newUser("A"));
  await server.query(`ALTER ROLE ${owner} NOLOGIN`);
  await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [owner]);
  await becomes(other, "failed");
  assert.equal(other.health().reason, "28000");
  await server.query(`ALTER ROLE ${owner} LOGIN`);
  await becomes(other, "ready");
  assert.equal(await createUser(other, newUser("A")), 1);
});

test("of a batch, the one write that the server cannot take fails, and the others do not", async t => {
  const { store } = await open(t);
  const names = Array.from({ length: 40 }, (_, i) => (i === 17 ? "no\0pe" : `u${i}`));
  const results = await Promise.allSettled(names.map(name => createUser(store, newUser(name))));
  assert.deepEqual(
    results.map(({ status }) => status),
    names.map((_, i) => (i === 17 ? "rejected" : "fulfilled")),
  );
  assert.equal(await store.countUsers({}), 39);
  assert.equal(store.health().state, "ready");
});

test("who has stopped while it holds the lock loses it, and the others go on", async t => {
  const { store, proxy, database } = await open(t);
  const { promise: held, resolve } = Promise.withResolvers<void>();
  let stopped = false;
  proxy.toServer = bytes => {
    if (stopped) return false;
    if (bytes.includes("lock_users")) {
      // From now on nothing arrives at the server, as when the process that has asked for the lock is stopped.
      stopped = true;
      resolve();
    }
    return true;
  };
  const stuck = createUser(store, newUser("A"));
  await held;
  const other = await openPostgresStore({ url: server.urlOf(database), waitMs: LONG_MS });
  t.after(() => other.close());
  assert.equal(await createUser(other, newUser("B")), 1);
  proxy.toServer = () => true;
  assert.equal(await stuck, 2);
  assert.match(server.log, /terminating connection due to idle-in-transaction timeout/);
});

test("hints that a pooler swallows are missed within their time, and looked for by the clock instead", async t => {
  const database = databaseOf(await server.createDatabase());
  const proxy = await startProxy(server);
  t.after(() => proxy[Symbol.asyncDispose]());
  proxy.toClient = withoutMessages("A");
  const noticed = Promise.withResolvers<string>();
  const store = await openPostgresStore({ url: proxy.urlOf(database), waitMs: LONG_MS, onNotice: noticed.resolve });
  t.after(() => store.close());
  assert.equal(await noticed.promise, "hints of the database do not arrive (none arrives): looking every 50 ms");
  await new Promise<void>(resolve => t.after(store.onCommit(resolve)));
});

test("a copy of a database is another database: positions of the one mean nothing in the other", async t => {
  const url = await server.createDatabase();
  const original = await openPostgresStore({ url });
  await createUser(original, newUser("A"));
  await original.close();
  const copy = `${databaseOf(url)}_copy`;
  await server.query(`CREATE DATABASE ${copy} TEMPLATE ${databaseOf(url)}`);
  const [again, copied] = await Promise.all([
    openPostgresStore({ url }),
    openPostgresStore({ url: server.urlOf(copy) }),
  ]);
  t.after(() => Promise.all([again.close(), copied.close()]));
  assert.equal(again.identity.id, original.identity.id);
  assert.notEqual(copied.identity.id, original.identity.id);
  assert.equal((await copied.getUser(1))?.name, "A");
});

test("a clock that is an hour ahead is told of, and the database's times are taken", async t => {
  const hour = 3_600_000;
  const ahead = () => Date.now() + hour;
  const { store, notices } = await open(t, { clock: ahead });
  await store.write({ kind: "create", time: ahead(), users: [newUser("A")] });
  const time = (await store.getUser(1))?.createTime ?? 0;
  assert.ok(Math.abs(time - Date.now()) < hour / 2);
  assert.match(notices.join("\n"), /the clock is 3\d{6} ms ahead of the database's/);
});
