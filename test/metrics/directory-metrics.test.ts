import assert from "node:assert/strict";
import { test } from "node:test";
import { createConcierge } from "../../client/index.ts";
import { type MetricSample, nonZero, parseMetrics } from "../support/metrics.ts";
import { startServer } from "../support/server.ts";

test("the directory tells of its batches, its store, and who follows its feed", async () => {
  await using server = await startServer({ DEMO_DATA: "false" });
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const read = async () => parseMetrics(await (await fetch(`${server.baseUrl}/metrics`)).text());
  const before = await read();
  assert.deepEqual(nonZero(before, "concierge_feed_subscribers"), {});
  assert.deepEqual(nonZero(before, "concierge_store_state", "state"), { ready: 1 });
  assert.equal(before.filter(({ name }) => name === "concierge_build_info").length, 1);

  const leave = new AbortController();
  const selector = { kind: { case: "all", value: true } } as const;
  const stream = concierge.directory.subscribe({ selector }, { signal: leave.signal })[Symbol.asyncIterator]();
  await stream.next();
  let users = 0;
  let samples = before;
  // A stream reads the history first, and is handed what comes once it has caught up.
  while (lags(samples) === 0) {
    users++;
    await concierge.directory.createUser({ user: { name: `User ${users}`, email: `${users}@example.com` } });
    await stream.next();
    samples = await read();
  }
  assert.deepEqual(nonZero(samples, "concierge_feed_subscribers"), { "": 1 });
  assert.deepEqual(nonZero(samples, "concierge_store_batch_writes_count"), { "": users });
  assert.deepEqual(nonZero(samples, "concierge_store_batch_writes_sum"), { "": users });
  assert.deepEqual(nonZero(samples, "concierge_store_commit_seconds_count"), { "": users });
  leave.abort();
  await assert.rejects(stream.next());
});

function lags(samples: readonly MetricSample[]): number {
  return nonZero(samples, "concierge_feed_lag_seconds_count")[""] ?? 0;
}
