import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn, setTimeout } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { StreamCall } from "../../host/lanes/stream-call.ts";
import { Subscription } from "../../server/directory/feed/subscription.ts";
import { MergedStreams } from "../../server/services/merged-streams.ts";
import { untilZero } from "../support/feed.ts";
import { createRandom, type Random } from "../support/random.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { FEED_KINDS, openHttp1Feed, openHttp2Feed, type RawFeed, STREAM_TYPES, withSession } from "./raw-feeds.ts";

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const streams = Number(process.env.CHAOS_STREAMS ?? 50_000);

/** Below the resets of one connection that Node takes before it suspects an attack. */
const STREAMS_PER_CONNECTION = 500;
/** Connections at a time, and streams at a time on each of them. */
const CONNECTIONS = 4;
const AT_A_TIME = 16;
/** One in so many comes over HTTP/1.1, each on a connection of its own. */
const HTTP1_SHARE = 0.1;

async function openAndLeave(feed: RawFeed, random: Random): Promise<void> {
  feed.first.catch(() => {});
  if (random.chance(0.7)) await feed.first;
  else if (random.chance(0.5)) await nextTurn();
  await feed.leave();
}

/** Opens and leaves feeds of every kind, on every protocol and HTTP version. */
async function openAndLeaveMany({ baseUrl, port, app }: TestServer, count: number, random: Random): Promise<void> {
  let left = count;
  async function useConnection() {
    while (left > 0) {
      let onThis = Math.min(left, STREAMS_PER_CONNECTION);
      left -= onThis;
      await withSession(baseUrl, async session => {
        async function slot() {
          while (onThis-- > 0) {
            const [subscribe] = FEED_KINDS;
            if (subscribe && random.chance(HTTP1_SHARE)) {
              await openAndLeave(openHttp1Feed(port, subscribe, random.pick(STREAM_TYPES)), random);
            } else {
              const [kind, type] = [random.pick(FEED_KINDS), random.pick(STREAM_TYPES)];
              await openAndLeave(openHttp2Feed(session, kind, type, kind === subscribe || random.chance(0.5)), random);
            }
          }
        }
        await Promise.all(Array.from({ length: AT_A_TIME }, slot));
      });
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, useConnection));
  await untilZero(() => app.feed.subscribers);
}

type Survey = ReturnType<typeof survey>;

/** Surveys until nothing is left, for the server learns of some ends after its clients; gives up after half a minute. */
async function surveyUntil(isClean: (found: Survey) => boolean): Promise<Survey> {
  const giveUp = performance.now() + 30_000;
  for (;;) {
    const found = survey();
    if (isClean(found) || performance.now() > giveUp) return found;
    await setTimeout(100);
  }
}

/** What is alive in this process after a collection of all garbage. */
function survey() {
  const count = (kind: new (...args: never[]) => unknown) => queryObjects(kind, { format: "count" });
  const objects = { subscriptions: count(Subscription), merged: count(MergedStreams), calls: count(StreamCall) };
  const resources = process.getActiveResourcesInfo();
  return {
    ...objects,
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
    timers: resources.filter(name => name === "Timeout").length,
    resources: resources.length,
  };
}

test(`${streams} streams that are canceled leave nothing behind`, async t => {
  t.diagnostic(`seed ${seed}`);
  await using server = await startServer({ FEED_BOOKMARK_INTERVAL_MS: "60000", LOG_LEVEL: "error" });
  const random = createRandom(seed);
  // Before there is a call: the prototypes of kinds of it count as well.
  const none = survey();
  await openAndLeaveMany(server, Math.min(2000, streams), random);
  const before = await surveyUntil(({ calls }) => calls === none.calls);
  const begin = performance.now();
  await openAndLeaveMany(server, streams, random);
  const rate = streams / ((performance.now() - begin) / 1000);
  const isAsBefore = ({ timers, resources, heapMb, subscriptions, merged, calls }: Survey) =>
    timers <= before.timers + 2 &&
    resources <= before.resources + 5 &&
    heapMb < before.heapMb + 5 &&
    subscriptions === none.subscriptions &&
    merged === none.merged &&
    calls === none.calls;
  const after = await surveyUntil(isAsBefore);
  t.diagnostic(`${rate.toFixed(0)} streams/s; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  assert.equal(server.app.feed.subscribers, 0);
  assert.deepEqual([none.subscriptions, none.merged], [0, 0]);
  assert.ok(isAsBefore(after), "no handler, timer or resource is left, and the heap is as it was");
});
