import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenCache } from "./token-cache.ts";

test("a token is remembered until its time is over", () => {
  let time = 0;
  const cache = createTokenCache<string>({ now: () => time });
  cache.set("a", "Alice", 1000);
  time = 999;
  assert.equal(cache.get("a"), "Alice");
  time = 1000;
  assert.equal(cache.get("a"), undefined);
  assert.equal(cache.size, 0);
});

test("the cache stays within its bound, and the oldest go first", () => {
  const cache = createTokenCache<number>({ maxEntries: 100, now: () => 0 });
  for (let i = 0; i < 1000; i++) cache.set(`token ${i}`, i, 1);
  assert.equal(cache.size, 100);
  assert.equal(cache.get("token 899"), undefined);
  assert.equal(cache.get("token 900"), 900);
});
