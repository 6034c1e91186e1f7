import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { DirectoryService, Start } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { Selector } from "../../server/directory/feed/selector.ts";
import { openStore } from "../../server/store/open-store.ts";
import { ALL, endsWith, Requests, read, Stream, untilZero } from "../support/feed.ts";
import { startServer } from "../support/server.ts";
import { bidiTransportsTo, transportsTo } from "../support/transports.ts";
import { createRandom } from "./chaos-random.ts";
import { LAST_EVENT, openSubscribe, openWatch, runUserWatcher, runWatcher } from "./chaos-watchers.ts";
import { runWriter, WATCHED_USERS } from "./chaos-writers.ts";
import { checkRecord, checkUserEvents, readLog } from "./feed-log.ts";

/** The schedule's seed: a run that failed is repeated by setting it. */
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const seconds = Number(process.env.CHAOS_SECONDS ?? 30);
const streamsToCancel = Number(process.env.CHAOS_STREAMS ?? 50_000);

const env = { FEED_BOOKMARK_INTERVAL_MS: "200", MAX_STREAMS_PER_CONNECTION: "1000", LOG_LEVEL: "error" };

/** The email of the user that is stored when the watchers of the directory are done. */
const MARKER = "marker@example.com";

function openFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "concierge-chaos-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("what 200 watchers get while they come, go and stall is what 16 writers did", async t => {
  const DATABASE_URL = `sqlite:${join(openFolder(t), "concierge.db")}`;
  await using server = await startServer({ ...env, DATABASE_URL });
  const client = createClient(DirectoryService, createGrpcTransport({ baseUrl: server.baseUrl }));
  const random = createRandom(seed);
  for (let id = 6; id <= WATCHED_USERS; id++) {
    await client.createUser({ user: { name: `u${id}`, email: `u${id}@example.com` } });
  }

  let over = false;
  let written = false;
  let streams = 0;
  const isOver = () => written;
  const onStream = () => {
    streams += 1;
  };
  const forms = [...transportsTo(server.baseUrl).values()];
  const bidiForms = [...bidiTransportsTo(server.baseUrl).values()];
  const selectors: Selector[] = [{ kind: "all" }, { kind: "role", role: "viewer" }, { kind: "role", role: "admin" }];
  for (let id = 1; id <= WATCHED_USERS; id += 5) selectors.push({ kind: "user", id });

  function plan(i: number, transports: typeof forms) {
    const transport = transports[i % transports.length] ?? assert.fail();
    const selector = selectors[i % selectors.length] ?? assert.fail();
    return { transport, selector, random: createRandom(seed + i + 1), isOver, onStream };
  }
  const watchers = [
    ...Array.from({ length: 70 }, (_, i) => runWatcher(plan(i, forms), openSubscribe)),
    ...Array.from({ length: 70 }, (_, i) => runWatcher(plan(100 + i, bidiForms), openWatch)),
  ];
  const userWatchers = Array.from({ length: 60 }, (_, i) => {
    const userId = i % 6 === 0 ? "*" : String(1 + (i % WATCHED_USERS));
    return runUserWatcher(plan(200 + i, bidiForms), userId);
  });
  const writers = Array.from({ length: 16 }, (_, i) =>
    runWriter(`w${i}`, client, createRandom(random.below(2 ** 31)), () => over),
  );
  const all = Promise.all([...watchers, ...userWatchers, ...writers]);
  // Who fails first is heard of at once.
  await Promise.race([setTimeout(seconds * 1000), all]);
  over = true;
  const counts = await Promise.all(writers);
  written = true;
  const records = (await Promise.all(watchers)).flat();

  // From here on nothing is of interest to those watchers.
  await client.createUser({ user: { name: "marker", email: MARKER } });
  for (let id = 1; id <= WATCHED_USERS; id++) await client.undeleteUser({ id: String(id) }).catch(() => {});
  let ended = false;
  const userRecords = Promise.all(userWatchers).finally(() => {
    ended = true;
  });
  while (!ended) {
    for (let id = 1; id <= WATCHED_USERS; id++) await client.reportEvent({ userId: String(id), type: LAST_EVENT });
    await setTimeout(200);
  }
  const streamsOfUsers = (await userRecords).flat();
  await untilZero(() => server.app.feed.subscribers);
  await server.app.close();

  await using store = await openStore(DATABASE_URL);
  const log = await readLog(store);
  const untilEnd = log.slice(
    0,
    log.findIndex(({ user }) => user?.email === MARKER),
  );
  for (const record of records) checkRecord(untilEnd, record);
  for (const { userId, events } of streamsOfUsers) checkUserEvents(log, userId, events);
  const done = counts.reduce((sum, count) => sum + count.done, 0);
  const refused = counts.reduce((sum, count) => sum + count.refused, 0);
  const got = records.reduce((sum, record) => sum + record.transactions.length, 0);
  t.diagnostic(`seed ${seed}: ${done} writes, ${refused} refused, ${untilEnd.length} events, ${streams} streams`);
  t.diagnostic(
    `${got} transactions and ${streamsOfUsers.reduce((n, r) => n + r.events.length, 0)} user events delivered`,
  );
});

test("a reader that is slow at 500 events a second costs no memory, and a fast one beside it no time", async t => {
  await using server = await startServer(env);
  const baseUrl = server.baseUrl;
  const client = createClient(DirectoryService, createGrpcTransport({ baseUrl }));
  const open = () => {
    const reader = createClient(DirectoryService, createGrpcTransport({ baseUrl }));
    return new Stream(options => reader.subscribe({ selector: ALL }, options));
  };
  const slow = Array.from({ length: 10 }, open);
  const fast = open();
  await Promise.all([...slow, fast].map(read));
  const before = process.memoryUsage().heapUsed;
  const sent = new Map<string, number>();
  const delays: number[] = [];
  const reading = (async () => {
    while (delays.length < 5000) {
      const { message } = await read(fast);
      if (message.case !== "transaction") continue;
      for (const { payload } of message.value.events) {
        delays.push(performance.now() - (sent.get(Buffer.from(payload.subarray(0, 8)).toString()) ?? 0));
      }
    }
  })();
  const begin = performance.now();
  for (let i = 0; i < 5000; i += 10) {
    await Promise.all(
      Array.from({ length: 10 }, (_, j) => {
        const key = String(i + j).padStart(8, "0");
        sent.set(key, performance.now());
        // Small enough that no lane compresses it once per stream, which would measure zlib.
        return client.reportEvent({ userId: "1", type: "login", payload: Buffer.from(key.padEnd(500, "x")) });
      }),
    );
    await setTimeout(Math.max(0, begin + i * 2 - performance.now()));
  }
  await reading;
  const rate = 5000 / ((performance.now() - begin) / 1000);
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024;
  delays.sort((a, b) => a - b);
  const p99 = delays[Math.floor(delays.length * 0.99)] ?? 0;
  t.diagnostic(
    `${rate.toFixed(0)} events/s, p99 from the call to the fast reader ${p99.toFixed(1)} ms, heap +${grown.toFixed(0)} MB`,
  );
  assert.ok(server.app.feed.subscribers <= 1, "the slow ones are let go of");
  assert.ok(grown < 200, `the heap grew by ${grown} MB`);
  for (const stream of slow) {
    const { resumeToken } = await endsWith(
      stream,
      Code.ResourceExhausted,
      /^the subscriber is more than 1000 messages/,
    );
    assert.notEqual(resumeToken, "");
    stream.leave();
  }
  fast.leave();
  await untilZero(() => server.app.feed.subscribers);
});

test(`${streamsToCancel} streams that are canceled leave nothing behind`, async t => {
  await using server = await startServer({ ...env, FEED_BOOKMARK_INTERVAL_MS: "60000" });
  const clients = [...transportsTo(server.baseUrl).values()].map(transport =>
    createClient(DirectoryService, transport),
  );
  const bidi = [...bidiTransportsTo(server.baseUrl).values()].map(transport => createClient(UserService, transport));
  const random = createRandom(seed);
  async function openAndLeave(i: number): Promise<void> {
    const left = new AbortController();
    const { signal } = left;
    const requests = new Requests<{ userId: string }>().push({ userId: "1" });
    const [client, watcher] = [clients[i % clients.length], bidi[i % bidi.length]];
    assert.ok(client && watcher);
    const stream = random.chance(0.7)
      ? client.subscribe({ selector: ALL, start: Start.SNAPSHOT_THEN_FOLLOW }, { signal })
      : watcher.watchUserEvents(requests, { signal });
    const reading = stream[Symbol.asyncIterator]().next();
    if (random.chance(0.7)) await reading;
    left.abort();
    requests.end();
    await reading.catch(() => {});
  }
  async function run(count: number): Promise<void> {
    let next = 0;
    const lanes = Array.from({ length: 50 }, async () => {
      while (next < count) await openAndLeave(next++);
    });
    await Promise.all(lanes);
    await untilZero(() => server.app.feed.subscribers);
  }
  const settled = async () => {
    for (let i = 0; i < 3; i++) await setTimeout(200);
    globalThis.gc?.();
    return {
      heap: process.memoryUsage().heapUsed / 1024 / 1024,
      timers: count("Timeout"),
      all: process.getActiveResourcesInfo().length,
    };
  };
  const count = (kind: string) => process.getActiveResourcesInfo().filter(name => name === kind).length;
  await run(Math.min(1000, streamsToCancel));
  const before = await settled();
  const begin = performance.now();
  await run(streamsToCancel);
  const rate = streamsToCancel / ((performance.now() - begin) / 1000);
  const after = await settled();
  t.diagnostic(`${rate.toFixed(0)} streams/s; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  assert.equal(server.app.feed.subscribers, 0);
  assert.ok(after.timers <= before.timers + 5, "no timer is left");
  assert.ok(after.all <= before.all + 10, "no resource is left");
  assert.ok(after.heap < before.heap + 50, "the heap is as it was");
});
