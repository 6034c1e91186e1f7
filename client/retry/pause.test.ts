import assert from "node:assert/strict";
import { test } from "node:test";
import { pause, pauseMs } from "./pause.ts";

test("the longest pause grows to its bound, and a pause is any part of it", t => {
  const backoff = { initialMs: 100, maxMs: 1000, multiplier: 2 };
  t.mock.method(Math, "random", () => 1);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 500, 5000].map(failures => pauseMs(backoff, failures)),
    [100, 200, 400, 800, 1000, 1000, 1000],
  );
  t.mock.method(Math, "random", () => 0);
  assert.equal(pauseMs(backoff, 3), 0);
});

test("a pause that is longer than a timer can be is as long as one can be", async t => {
  const set = t.mock.method(globalThis, "setTimeout");
  const end = new AbortController();
  const paused = pause(2 ** 31, { signal: end.signal });
  assert.equal(set.mock.calls[0]?.arguments[1], 2 ** 31 - 1);
  end.abort();
  await paused;
});
