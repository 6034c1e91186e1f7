import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseMs } from "./backoff.ts";

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
