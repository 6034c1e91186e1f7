import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../config/config.ts";
import { shareOut } from "./share-out.ts";

test("what bounds the server is divided among its workers, and what bounds a caller is not", () => {
  const config = parseConfig({ MAX_CONNECTIONS: "10", FEED_MAX_SUBSCRIBERS: "1", RATE_LIMIT: "5/5" });
  const { maxConnections, feedMaxSubscribers, rateLimit, feedMaxSubscribersPerCaller } = shareOut(config, 3);
  assert.deepEqual([maxConnections, feedMaxSubscribers], [4, 1]);
  assert.deepEqual([rateLimit, feedMaxSubscribersPerCaller], [config.rateLimit, config.feedMaxSubscribersPerCaller]);
});
