import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Concierge, createConcierge, type WatchConnection } from "../../client/index.ts";
import { protocols } from "../../client/protocol.ts";
import { Start } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { makeFolder } from "../support/certificates.ts";
import { startProcess } from "../support/server-process.ts";

const restarts = 10;
const writes = 1200;
const writers = 9;

/** Runs `work` on several loops until it answers false. */
async function together(loops: number, work: (loop: number) => Promise<boolean>): Promise<void> {
  await Promise.all(
    Array.from({ length: loops }, async (_, loop) => {
      while (await work(loop));
    }),
  );
}

/** The ids of all events of a kind in the log, in order, of as many as there are. */
async function readLog(concierge: Concierge, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const item of concierge.watch({ start: Start.EARLIEST })) {
    if (item.kind === "transaction") ids.push(...item.events.map(({ userId, type }) => `${type} ${userId}`));
    if (ids.length >= count) break;
  }
  return ids;
}

/** Follows all events, from the one after the first bookmark, until there were `count`. */
function follow(concierge: Concierge, count: number) {
  const events: string[] = [];
  const begun = Promise.withResolvers<void>();
  let losses = 0;
  async function run() {
    const onConnection = ({ state }: WatchConnection) => {
      if (state === "live") begun.resolve();
      if (state === "lost") losses++;
    };
    for await (const item of concierge.watch({ onConnection })) {
      assert.notEqual(item.kind, "relist");
      if (item.kind === "transaction") events.push(...item.events.map(({ userId, type }) => `${type} ${userId}`));
      if (events.length >= count) break;
    }
    return { events, losses };
  }
  const ended = run();
  return { begun: begun.promise, ended };
}

/** Most of it is ten starts of a server; on a machine that is busy these take a while. */
const killsTimeout = { timeout: 400_000 };

test(
  `${writes} writes through ${restarts} kills are stored once each, and watches miss and double none`,
  killsTimeout,
  async t => {
    using folder = makeFolder();
    const env = { DATABASE_URL: `sqlite:${folder.path}/users.db`, DEMO_DATA: "false" };
    let server = await startProcess(0, env);
    const { port } = server;
    await using stack = new AsyncDisposableStack();
    const clients = protocols.map(protocol => {
      const options = { baseUrl: `http://127.0.0.1:${port}`, protocol, deadlineMs: 120_000 };
      return stack.use(createConcierge({ ...options, retry: { waitForReady: true } }));
    });
    const watches = clients.map(client => follow(client, writes));
    await Promise.all(watches.map(({ begun }) => begun));

    let next = 0;
    let killed = 0;
    let restarted = Promise.resolve();
    const ids: string[] = [];
    async function restart() {
      await server.kill();
      server = await startProcess(port, env);
    }
    await together(writers, async loop => {
      const number = next++;
      if (number >= writes) return false;
      const client = clients[loop % clients.length] as Concierge;
      const { id } = await client.directory.createUser({ user: { name: `User ${number}`, email: `u${number}@x.org` } });
      ids.push(id);
      // The other writers are in the middle of a call.
      if (killed < restarts && ids.length >= ((killed + 1) * writes) / (restarts + 1)) {
        killed++;
        restarted = restarted.then(restart);
      }
      return true;
    });
    await restarted;
    assert.equal(killed, restarts);

    const [client] = clients as [Concierge];
    const emails: string[] = [];
    for await (const user of client.directory.exportUsers({})) emails.push(user.email);
    assert.equal(emails.length, writes);
    assert.equal(new Set(emails).size, writes);
    assert.equal(new Set(ids).size, writes);
    const log = await readLog(client, writes);
    assert.equal(new Set(log).size, writes);
    for (const { ended } of watches) {
      const { events, losses } = await ended;
      assert.deepEqual(events, log);
      assert.ok(losses > 0);
      t.diagnostic(`a watch was lost ${losses} times`);
    }
    await server.stop();
  },
);

test("no call of any kind fails across five restarts by SIGTERM", async t => {
  using folder = makeFolder();
  const env = { DATABASE_URL: `sqlite:${folder.path}/users.db` };
  let server = await startProcess(0, env);
  const { port } = server;
  await using concierge = createConcierge({
    baseUrl: `http://127.0.0.1:${port}`,
    deadlineMs: 60_000,
    retry: { waitForReady: true },
  });
  let stopped = false;
  let calls = 0;
  // Neither says that it may be repeated: a drain must not lose what was begun, and what was not is known.
  const greeting = together(4, async () => {
    await concierge.greeter.sayHello({ name: "Ada" });
    calls++;
    return !stopped;
  });
  const creating = together(4, async () => {
    await concierge.users.createUser({ name: "Ada", email: `${crypto.randomUUID()}@x.org` });
    calls++;
    return !stopped;
  });
  const before: number[] = [];
  for (let n = 0; n < 5; n++) {
    const goal = calls + 50;
    before.push(calls);
    while (calls < goal) await Promise.race([delay(5), greeting, creating]);
    assert.equal(await server.stop(), 0);
    server = await startProcess(port, env);
  }
  stopped = true;
  await Promise.all([greeting, creating]);
  t.diagnostic(`${calls} calls`);
  await server.stop();
});
