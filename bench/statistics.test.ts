import assert from "node:assert/strict";
import { test } from "node:test";
import { median, percentile, summarize } from "./statistics.ts";

test("the median of an odd number of values is the middle one, of an even number the mean of two", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("a percentile is the nearest rank", () => {
  const values = Array.from({ length: 1000 }, (_, index) => index + 1);
  assert.deepEqual(
    [0, 0.5, 0.99, 0.999, 1].map(share => percentile(values, share)),
    [1, 500, 990, 999, 1000],
  );
  assert.equal(percentile([7], 0.999), 7);
});

test("a summary leaves the order of the rounds alone", () => {
  const rounds = [3, 1, 2];
  assert.deepEqual(summarize(rounds), { median: 2, min: 1, max: 3 });
  assert.deepEqual(rounds, [3, 1, 2]);
});
