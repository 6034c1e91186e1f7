import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { underEither } from "./signals.ts";

/** Resolves with a signal's reason once it aborts. */
function reasonOf(signal: AbortSignal): Promise<unknown> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason));
  });
}

test("work under two signals is told of whichever aborts first, before it begins, too", async () => {
  for (const first of [0, 1]) {
    const controllers = [new AbortController(), new AbortController()] as const;
    const [{ signal: one }, { signal: other }] = controllers;
    const working = underEither(one, other, reasonOf);
    controllers[first]?.abort(`of ${first}`);
    controllers[1 - first]?.abort("later");
    assert.equal(await working, `of ${first}`);
  }
  assert.equal(await underEither(new AbortController().signal, AbortSignal.abort("before"), reasonOf), "before");
});

test("work that is over, well or not, leaves nothing with its signals", async () => {
  const { signal } = new AbortController();
  const { signal: other } = new AbortController();
  assert.equal(await underEither(signal, other, async () => "done"), "done");
  await assert.rejects(
    underEither(signal, other, () => Promise.reject(new Error("failed"))),
    /failed/,
  );
  assert.deepEqual([...getEventListeners(signal, "abort"), ...getEventListeners(other, "abort")], []);
});
