import assert from "node:assert/strict";
import { test } from "node:test";
import { map } from "./streams.ts";

test("what map's function throws ends the stream, and its source", async () => {
  let ended = false;
  async function* numbers() {
    try {
      yield 1;
      yield 2;
    } finally {
      ended = true;
    }
  }
  const halves = map(numbers(), number => {
    if (number === 2) throw new Error("two is too much");
    return number / 2;
  });
  assert.deepEqual(await halves.next(), { done: false, value: 0.5 });
  await assert.rejects(halves.next(), { message: "two is too much" });
  assert.ok(ended);
  assert.deepEqual(await halves.next(), { done: true, value: undefined });
});
