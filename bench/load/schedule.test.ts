import assert from "node:assert/strict";
import { test } from "node:test";
import { callOnSchedule } from "./schedule.ts";

test("each call of a schedule is made once, in its order, and those that wait for an answer hold none back", async () => {
  const made: number[] = [];
  const answers: (() => void)[] = [];
  const result = await callOnSchedule({
    rate: 10_000,
    seconds: 0.001,
    call(index, ended) {
      made.push(index);
      answers.push(ended);
      // As many to warm up, then as many that are counted.
      if (made.length === 20) for (const answer of answers) answer();
    },
  });
  assert.deepEqual(made, [...Array(20).keys()]);
  const { p50 = 0, p99 = 0, max = 0 } = result;
  assert.ok(0 < p50 && p50 <= p99 && p99 <= max, JSON.stringify(result));
});

test("a call that fails ends a schedule with its reason", async () => {
  const schedule = callOnSchedule({
    rate: 10_000,
    seconds: 0.001,
    call: (_, __, failed) => failed(new Error("the server is gone")),
  });
  await assert.rejects(schedule, /the server is gone/);
});
