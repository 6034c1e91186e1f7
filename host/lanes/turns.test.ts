import assert from "node:assert/strict";
import { test } from "node:test";
import { createTurns } from "./turns.ts";

/** Turns that come when the test says so. */
function handTurns(budget: number) {
  const scheduled: (() => void)[] = [];
  const turns = createTurns(budget, turn => scheduled.push(turn));
  return { turns, scheduled, nextTurn: () => scheduled.shift()?.() };
}

test("work runs at once while a turn has room, the rest in later ones and in its order", async () => {
  const { turns, nextTurn } = handTurns(10);
  const done: number[] = [];
  const results = Array.from({ length: 6 }, (_, n) =>
    turns.run(5, () => {
      done.push(n);
      return n;
    }),
  );
  assert.deepEqual(results.slice(0, 2), [0, 1]);
  assert.deepEqual(done, [0, 1]);
  nextTurn();
  assert.deepEqual(done, [0, 1, 2, 3]);
  nextTurn();
  assert.deepEqual(await Promise.all(results), [0, 1, 2, 3, 4, 5]);
});

test("nobody overtakes who waits", () => {
  const { turns, nextTurn } = handTurns(10);
  const done: string[] = [];
  turns.run(10, () => done.push("large"));
  void turns.run(1, () => done.push("waits"));
  nextTurn();
  void turns.run(1, () => done.push("late"));
  assert.deepEqual(done, ["large", "waits", "late"]);
});

test("work that costs more than was known ends its turn", () => {
  const { turns, nextTurn } = handTurns(10);
  const done: string[] = [];
  turns.run(1, () => turns.spend(100));
  void turns.run(1, () => done.push("next"));
  assert.deepEqual(done, []);
  nextTurn();
  assert.deepEqual(done, ["next"]);
});

test("what work throws is thrown, or rejects where it had to wait", async () => {
  const { turns, nextTurn } = handTurns(1);
  const fail = () => {
    throw new Error("no good");
  };
  assert.throws(() => turns.run(1, fail), /no good/);
  const later = turns.run(1, fail);
  nextTurn();
  await assert.rejects(later as Promise<never>, /no good/);
});

test("no turn is scheduled while there is nothing to do", () => {
  const { turns, scheduled, nextTurn } = handTurns(10);
  turns.run(1, () => undefined);
  turns.run(1, () => undefined);
  assert.equal(scheduled.length, 1);
  nextTurn();
  assert.equal(scheduled.length, 0);
});
