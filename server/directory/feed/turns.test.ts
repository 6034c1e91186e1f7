import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Turns } from "./turns.ts";

test("so many pass in a turn of the event loop, in the order in which they came", async () => {
  const turns = new Turns(3);
  const passed: number[] = [];
  for (let i = 0; i < 8; i++) turns.next().then(() => passed.push(i));
  const after: number[][] = [];
  for (let turn = 0; turn < 4; turn++) {
    await Promise.resolve().then(() => {});
    after.push([...passed]);
    await nextTurn();
  }
  assert.deepEqual(after, [
    [0, 1, 2],
    [0, 1, 2, 3, 4, 5],
    [0, 1, 2, 3, 4, 5, 6, 7],
    [0, 1, 2, 3, 4, 5, 6, 7],
  ]);
});

test("who comes while others wait does not pass them", async () => {
  const turns = new Turns(1);
  const passed: string[] = [];
  const first = turns.next().then(() => passed.push("first"));
  const second = turns.next().then(() => passed.push("second"));
  await first;
  await nextTurn();
  const third = turns.next().then(() => passed.push("third"));
  await Promise.all([second, third]);
  assert.deepEqual(passed, ["first", "second", "third"]);
});
