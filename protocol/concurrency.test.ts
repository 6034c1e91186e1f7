import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { limitConcurrency } from "./concurrency.ts";

test("tasks run so many at a time, in their order, whether those before them fail or not", async () => {
  const limited = limitConcurrency(2);
  const started: number[] = [];
  const tasks = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const answers = tasks.map(({ promise }, n) =>
    limited(() => {
      started.push(n);
      return promise;
    }),
  );
  assert.deepEqual(started, [0, 1]);
  tasks[1]?.reject(new Error("fails"));
  await assert.rejects(answers[1] as Promise<number>, /fails/);
  await setImmediate();
  assert.deepEqual(started, [0, 1, 2]);
  for (const [n, { resolve }] of tasks.entries()) resolve(n);
  assert.deepEqual(await Promise.all(answers.toSpliced(1, 1)), [0, 2, 3, 4]);
  assert.equal(await limited(async () => 5), 5);
});
