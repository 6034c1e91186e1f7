import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChartResult, judge } from "./result.ts";

const chart: ChartResult = {
  id: "unary",
  title: "Unary",
  metrics: [{ key: "rate", label: "calls a second", better: "more" }],
  pictured: true,
  contenders: [
    { name: "a", values: { rate: [100, 130, 120] } },
    { name: "b", values: { rate: [100, 90, 110] } },
  ],
};

function rateOf(contender: string) {
  return { chart: "unary", contender, metric: "rate" };
}

test("a target is judged by the ratio of medians, and by the median where it has nothing beside it", () => {
  const targets = [
    { text: "a ≥ 1.2 × b", of: rateOf("a"), against: rateOf("b"), atLeast: 1.2 },
    { text: "a ≥ 1.3 × b", of: rateOf("a"), against: rateOf("b"), atLeast: 1.3 },
    { text: "b ≤ 99", of: rateOf("b"), atMost: 99 },
  ];
  const verdicts = judge(targets, [chart]).map(({ value, met }) => ({ value, met }));
  assert.deepEqual(verdicts, [
    { value: 1.2, met: true },
    { value: 1.2, met: false },
    { value: 100, met: false },
  ]);
});

test("a target whose contender did not run is neither met nor missed", () => {
  const [verdict] = judge([{ text: "c", of: rateOf("c"), against: rateOf("b"), atLeast: 1 }], [chart]);
  assert.equal(verdict?.value, undefined);
  assert.equal(verdict?.met, undefined);
});
