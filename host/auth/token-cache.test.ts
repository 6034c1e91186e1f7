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

test("a connection's last token is known until its time is over or all are forgotten, and over that connection alone", () => {
  let time = 0;
  const cache = createTokenCache<string>({ maxEntries: 1, now: () => time });
  const [one, other] = [{}, {}];
  cache.set("a", "Alice", 1000);
  assert.equal(cache.get("a", one), "Alice");
  cache.set("b", "Bob", 2000);
  // The cache has room for one, and the first connection knows its own.
  assert.equal(cache.get("a", one), "Alice");
  assert.equal(cache.get("a", other), undefined);
  assert.equal(cache.get("a"), undefined);
  time = 1000;
  assert.equal(cache.get("a", one), undefined);
  assert.equal(cache.get("b", one), "Bob");
  cache.clear();
  assert.equal(cache.get("b", one), undefined);
});

test("who takes turns on a connection is never taken for another", () => {
  const cache = createTokenCache<string>({ now: () => 0 });
  const connection = {};
  for (const name of ["Alice", "Bob"]) cache.set(`token of ${name}`, name, 1);
  for (let round = 0; round < 3; round++) {
    for (const name of ["Alice", "Bob", "Bob"]) assert.equal(cache.get(`token of ${name}`, connection), name);
    assert.equal(cache.get("token of Al", connection), undefined);
    assert.equal(cache.get("token of Alice and more", connection), undefined);
  }
});

test("what was verified anew is known over all connections, also those that knew it before", () => {
  let time = 0;
  const cache = createTokenCache<string>({ now: () => time });
  const [one, other] = [{}, {}];
  cache.set("a", "Alice", 1000);
  for (const connection of [one, other]) assert.equal(cache.get("a", connection), "Alice");
  time = 1000;
  assert.equal(cache.get("a", one), undefined);
  cache.set("a", "Alice again", 2000);
  for (const connection of [other, one, other]) assert.equal(cache.get("a", connection), "Alice again");
  assert.equal(cache.size, 1);
});
