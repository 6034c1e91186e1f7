import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay } from "./replay.ts";

async function* count(to: number) {
  for (let n = 1; n <= to; n++) yield n;
}

async function take(iterator: AsyncIterator<number>, n: number): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < n; i++) taken.push((await iterator.next()).value);
  return taken;
}

test("each attempt gets all messages, also those that the one before had asked for and not got yet", async () => {
  const replay = new Replay(count(4));
  const first = replay.open()[Symbol.asyncIterator]();
  assert.deepEqual(await take(first, 2), [1, 2]);
  void first.next();
  assert.deepEqual(await Array.fromAsync(replay.open()), [1, 2, 3, 4]);
  assert.deepEqual(await Array.fromAsync(replay.open()), [1, 2, 3, 4]);
});

test("an attempt that goes on alone gets the rest", async () => {
  const replay = new Replay(count(3));
  const only = replay.open()[Symbol.asyncIterator]();
  assert.deepEqual(await take(only, 1), [1]);
  replay.commit();
  assert.equal(replay.possible, false);
  assert.deepEqual(await take(only, 2), [2, 3]);
  assert.equal((await only.next()).done, true);
});

test("an import as long as the server takes can be repeated whole", async () => {
  const replay = new Replay(count(10_000));
  for (let attempt = 1; attempt <= 2; attempt++) {
    assert.equal((await Array.fromAsync(replay.open())).length, 10_000);
    assert.equal(replay.possible, true);
  }
});

test("more messages than are kept go through once, and there is no other attempt", async () => {
  const replay = new Replay(count(10_001));
  const messages = await Array.fromAsync(replay.open());
  assert.equal(messages.length, 10_001);
  assert.equal(replay.possible, false);
});

test("an attempt that Connect ends leaves the messages to the next", async () => {
  const replay = new Replay(count(2));
  const first = replay.open()[Symbol.asyncIterator]();
  assert.deepEqual(await take(first, 1), [1]);
  assert.equal((await first.throw?.(new Error("reset")))?.done, true);
  assert.deepEqual(await Array.fromAsync(replay.open()), [1, 2]);
});
