import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../config/config.ts";
import { shareOut } from "./share-out.ts";

test("what bounds the server is divided among its workers, and what bounds a caller is not", () => {
  const config = parseConfig({
    MAX_CONNECTIONS: "10",
    MAX_CONNECTIONS_PER_NETWORK: "9",
    FEED_MAX_SUBSCRIBERS: "1",
    RATE_LIMIT: "5/5",
  });
  const shares = shareOut(config, 3);
  assert.deepEqual([shares.maxConnections, shares.maxConnectionsPerNetwork, shares.feedMaxSubscribers], [4, 3, 1]);
  assert.deepEqual(shares.rateLimit, config.rateLimit);
  assert.equal(shares.feedMaxSubscribersPerCaller, config.feedMaxSubscribersPerCaller);
});
