import assert from "node:assert/strict";
import { test } from "node:test";
import { type AskedWorker, type ColleaguesPort, createColleagues, Questions } from "./ask-workers.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** Longer than any test runs. */
const never = 3_600_000;

/** Workers and a supervisor in one process: what one posts the other takes at once, unless `silent` holds it back. */
function createCrew(count: number, silent: ReadonlySet<number> = new Set()) {
  const questions = new Questions();
  const workers: AskedWorker[] = [];
  const colleagues: ColleaguesPort[] = [];
  for (let number = 1; number <= count; number++) {
    const end = createColleagues((message: FromWorker) => {
      if (message.kind === "ask") questions.ask(worker, message, workers);
      else if (message.kind === "answer" && !silent.has(number)) questions.answer(worker, message);
    });
    const worker: AskedWorker = { number, post: (message: ToWorker) => void end.take(message) };
    workers.push(worker);
    colleagues.push(end);
  }
  return { questions, workers, colleagues };
}

test("all workers are asked, the one that asks among them, and answer in their order", async () => {
  const { colleagues } = createCrew(3);
  for (const [index, colleague] of colleagues.entries()) {
    colleague.answer("number", async () => index + 1);
    colleague.answer("bytes", () => new Uint8Array([index]));
  }
  const numbers = await colleagues[2]?.ask("number", never);
  assert.deepEqual(
    numbers,
    [1, 2, 3].map(worker => ({ worker, answer: worker })),
  );
  const [bytes, again] = await Promise.all([colleagues[0]?.ask("bytes", never), colleagues[0]?.ask("number", never)]);
  assert.deepEqual(bytes?.[1], { worker: 2, answer: new Uint8Array([1]) });
  assert.deepEqual(again, numbers);
});

test("a worker that has no answer, fails, or ends is left out, and holds up nobody", async () => {
  const { questions, workers, colleagues } = createCrew(4, new Set([4]));
  for (const index of [0, 3]) colleagues[index]?.answer("x", () => index + 1);
  colleagues[1]?.answer("x", () => {
    throw new Error("no");
  });
  const asked = colleagues[0]?.ask("x", never);
  questions.forget(workers[3] as AskedWorker);
  assert.deepEqual(await asked, [{ worker: 1, answer: 1 }]);
});

test("what has not come in time is not waited for", async () => {
  const { colleagues } = createCrew(2, new Set([2]));
  for (const colleague of colleagues) colleague.answer("x", () => true);
  assert.deepEqual(await colleagues[0]?.ask("x", 1), [{ worker: 1, answer: true }]);
});
