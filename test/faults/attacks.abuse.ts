import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { percentile } from "../../bench/statistics.ts";
import { untilZero } from "../support/feed.ts";
import { type Gauges, type ServerProcess, startProcess } from "../support/server-process.ts";
import { type Callers, type Calls, startCallers } from "./abuse/callers.ts";
import { costlyMessages } from "./abuse/costly-messages.ts";
import { decompressionBomb } from "./abuse/decompression-bomb.ts";
import { floods } from "./abuse/floods.ts";
import { hpackBomb } from "./abuse/hpack-bomb.ts";
import { openIdle } from "./abuse/idle.ts";
import { slowBytes } from "./abuse/slow-bytes.ts";
import type { Closings } from "./abuse/swarm.ts";
import { tinyMessages } from "./abuse/tiny-messages.ts";
import { unreadReplies } from "./abuse/unread-replies.ts";

const megabyte = 1024 * 1024;

/** What an attack may cost in memory while it lasts, and what may be left of it. */
const maxGrowth = 250 * megabyte;
const maxLeft = 20 * megabyte;

/** In which the well-behaved clients are watched, before an attack and from its beginning. More of it, steadier figures. */
const windowMs = Number(process.env.ABUSE_SECONDS ?? 2) * 1000;

const idleConnections = 10_000;

function p99(calls: Calls): number {
  return percentile(
    calls.times.toSorted((a, b) => a - b),
    0.99,
  );
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** What a server and its clients went through while something was done to it. */
interface Ordeal {
  readonly before: Gauges;
  readonly later: Gauges;
  readonly quiet: Calls;
  readonly during: Calls;
}

/** Something is done to a server; `over` is when it has ended. */
interface Act {
  readonly over?: Promise<unknown>;
}

/** Watches the well-behaved clients in quiet, and once something is done to their server, to its end. */
async function endure(server: ServerProcess, callers: Callers, begin: () => Promise<Act>): Promise<Ordeal> {
  // A fresh server's first calls are slow ones.
  await setTimeout(windowMs / 2);
  await callers.take();
  const before = await server.gauges();
  await setTimeout(windowMs);
  const quiet = await callers.take();
  const { over } = await begin();
  over?.catch(() => {});
  await setTimeout(windowMs);
  const during = await callers.take();
  await over;
  const { failures } = await callers.take();
  const failed = [...quiet.failures, ...during.failures, ...failures];
  assert.equal(failed.length, 0, `${failed.length} calls failed: ${failed[0]}`);
  return { before, later: await server.gauges(), quiet, during };
}

/** Tells the figures, and holds what is true of every attack, whatever the machine. */
function judge(t: TestContext, { before, later, quiet, during }: Ordeal): void {
  const [calm, attacked] = [p99(quiet), p99(during)];
  t.diagnostic(`p99 ${round(attacked)} ms, in quiet ${round(calm)} ms: ${round(attacked / calm)} times as long`);
  const peak = Math.round((later.peakRss - before.rss) / megabyte);
  t.diagnostic(`the server took ${Math.round(later.cpu - before.cpu)} ms of CPU, and ${peak} MB more at its peak`);
  assert.ok(during.times.length > 0);
}

for (const attack of [
  slowBytes,
  ...floods,
  hpackBomb,
  decompressionBomb,
  costlyMessages,
  tinyMessages,
  unreadReplies,
]) {
  test(attack.name, async t => {
    // Attackers and well-behaved clients are all of one network here.
    await using server = await startProcess(0, attack.settings, { maxConnectionsPerNetwork: 10_000, ...attack.limits });
    await using callers = await startCallers(server.port);
    let closings: Closings[] = [];
    async function run() {
      closings = await attack.run(server.port);
    }
    const ordeal = await endure(server, callers, async () => ({ over: run() }));
    for (const { what, connections, first, last } of closings) {
      t.diagnostic(`${what}: ${connections} connections closed after ${Math.round(first)} to ${Math.round(last)} ms`);
    }
    judge(t, ordeal);
    const { before, later } = ordeal;
    attack.check?.(later.cuts);
    assert.ok(later.peakRss - before.rss < maxGrowth, `${later.peakRss - before.rss} bytes more`);
    assert.ok(later.held - before.held < maxLeft, `${later.held - before.held} bytes kept`);
    await callers[Symbol.asyncDispose]();
    await untilZero(async () => (await server.gauges()).connections);
  });
}

test(`${idleConnections} idle connections`, async t => {
  // Each is asked for a sign of life several times in the window.
  const maxConnections = idleConnections + 100;
  const limits = {
    maxConnections,
    maxConnectionsPerNetwork: maxConnections,
    keepaliveIntervalMs: Math.round(windowMs / 3),
  };
  await using server = await startProcess(0, {}, limits);
  await using callers = await startCallers(server.port);
  let sockets: Socket[] = [];
  let opening: Calls | undefined;
  const ordeal = await endure(server, callers, async () => {
    sockets = await openIdle(server.port, idleConnections);
    opening = await callers.take();
    return {};
  });
  assert.equal(opening?.failures[0], undefined);
  const { connections, cuts } = ordeal.later;
  assert.ok(connections > idleConnections, `${connections} connections`);
  assert.deepEqual(cuts, {});
  judge(t, ordeal);
  const closed = sockets.map(socket => once(socket, "close"));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
});
