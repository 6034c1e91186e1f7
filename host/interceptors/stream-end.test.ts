import assert from "node:assert/strict";
import { test } from "node:test";
import { onStreamEnd } from "./stream-end.ts";

/** Passes the numbers of `source` on, and writes down what is told of their end. */
async function run(source: AsyncIterable<number>, { take = Number.POSITIVE_INFINITY } = {}) {
  const told: string[] = [];
  const passed: number[] = [];
  const watched = onStreamEnd(source, {
    completed: () => told.push("completed"),
    failed: error => {
      told.push(`failed ${(error as Error).message}`);
      return new Error("replaced");
    },
    stopped: () => told.push("stopped"),
  });
  try {
    for await (const number of watched) {
      passed.push(number);
      if (passed.length === take) break;
    }
  } catch (error) {
    told.push(`thrown ${(error as Error).message}`);
  }
  return { passed, told };
}

test("a stream that completes is told once, after its last message", async () => {
  async function* source() {
    yield 1;
    yield 2;
  }
  assert.deepEqual(await run(source()), { passed: [1, 2], told: ["completed"] });
});

test("a stream that fails throws what stands for its error", async () => {
  async function* source() {
    yield 1;
    throw new Error("broken");
  }
  assert.deepEqual(await run(source()), { passed: [1], told: ["failed broken", "thrown replaced"] });
});

test("a consumer that stops early runs the producer's finally", async () => {
  let released = false;
  async function* source() {
    try {
      yield 1;
      yield 2;
    } finally {
      released = true;
    }
  }
  assert.deepEqual(await run(source(), { take: 1 }), { passed: [1], told: ["stopped"] });
  assert.ok(released);
});

test("without hooks messages and errors pass as they are", async () => {
  async function* source() {
    yield 1;
    throw new Error("broken");
  }
  const iterator = onStreamEnd(source(), {})[Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { value: 1, done: false });
  await assert.rejects(iterator.next(), /broken/);
});

test("a stream that is watched twice tells the inner watcher of its end first, and the outer one of being stopped", async () => {
  const told: string[] = [];
  function watch(name: string) {
    return {
      completed: () => void told.push(`${name} completed`),
      failed: (error: unknown) => new Error(`${name}(${(error as Error).message})`),
      stopped: () => void told.push(`${name} stopped`),
    };
  }
  function watched(source: AsyncIterable<number>) {
    return onStreamEnd(onStreamEnd(source, watch("inner")), watch("outer"));
  }
  async function* source(fails = false) {
    yield 1;
    if (fails) throw new Error("broken");
  }
  async function read(messages: AsyncIterable<number>) {
    for await (const number of messages) assert.equal(number, 1);
  }
  await read(watched(source()));
  await assert.rejects(read(watched(source(true))), { message: "outer(inner(broken))" });
  for await (const _ of watched(source())) break;
  assert.deepEqual(told, ["inner completed", "outer completed", "outer stopped", "inner stopped"]);
});
