import assert from "node:assert/strict";
import { test } from "node:test";
import { flatten } from "./flatten.ts";

/** Pages of numbers, and how far they were read. */
function createPages(...pages: number[][]) {
  const read = { pages: 0, ended: false };
  async function* all() {
    try {
      for (const page of pages) {
        read.pages++;
        yield page;
      }
    } finally {
      read.ended = true;
    }
  }
  return { read, all };
}

test("the items of all pages come in order, past empty ones", async () => {
  const { all, read } = createPages([1, 2], [], [3], []);
  assert.deepEqual(await Array.fromAsync(flatten(all())), [1, 2, 3]);
  assert.deepEqual(read, { pages: 4, ended: true });
});

test("who leaves half-way through a page ends the pages", async () => {
  const { all, read } = createPages([1, 2, 3], [4]);
  for await (const item of flatten(all())) if (item === 2) break;
  assert.deepEqual(read, { pages: 1, ended: true });
});

test("a signal ends items and pages half-way through a page, for good", async () => {
  const { all, read } = createPages([1, 2, 3], [4]);
  const controller = new AbortController();
  const items = flatten(all(), controller.signal);
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  controller.abort();
  assert.deepEqual(await items.next(), { done: true, value: undefined });
  assert.deepEqual(await items.next(), { done: true, value: undefined });
  assert.deepEqual(read, { pages: 1, ended: true });
});

test("what the pages throw comes after the items before it", async () => {
  async function* failing() {
    yield [1];
    throw new Error("gone");
  }
  const items = flatten(failing());
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  await assert.rejects(items.next(), { message: "gone" });
});
