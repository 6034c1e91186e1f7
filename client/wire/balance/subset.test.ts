import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseSubset } from "./subset.ts";

const servers = Array.from({ length: 50 }, (_, n) => `10.0.0.${n}:50051`);
const choose = (all: readonly string[], size: number, seed = "a") => chooseSubset(all, key => key, { size, seed });

test("a client chooses the same servers in whatever order they come, and other clients choose others", () => {
  const chosen = choose(servers, 10);
  assert.equal(new Set(chosen).size, 10);
  assert.deepEqual(new Set(choose([...servers].reverse(), 10)), new Set(chosen));
  assert.notDeepEqual(new Set(choose(servers, 10, "b")), new Set(chosen));
});

test("all servers are chosen where they are not more than the subset", () => {
  assert.deepEqual(choose(servers, 50), servers);
  assert.deepEqual(choose(servers.slice(0, 3), Number.POSITIVE_INFINITY), servers.slice(0, 3));
});

test("where a server goes or comes, at most one of the chosen is another", () => {
  const before = new Set(choose(servers, 10));
  for (const gone of servers) {
    const kept = choose(
      servers.filter(server => server !== gone),
      10,
    ).filter(server => before.has(server));
    assert.equal(kept.length, before.has(gone) ? 9 : 10);
  }
});

test("many clients spread over all servers", () => {
  const clients = new Map(servers.map(server => [server, 0]));
  for (let seed = 0; seed < 500; seed++) {
    for (const server of choose(servers, 10, String(seed))) clients.set(server, (clients.get(server) ?? 0) + 1);
  }
  // Of 5,000 connections 100 each; a deviation of 30 is beyond three standard deviations.
  for (const [server, count] of clients) assert.ok(count > 65 && count < 135, `${server} has ${count}`);
});
