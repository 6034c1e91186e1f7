import assert from "node:assert/strict";
import { test } from "node:test";
import { Durations } from "./durations.ts";
import { type Family, writeMetrics } from "./text.ts";

const calls: Family = {
  name: "calls_total",
  help: "Calls,\nby \\ path.",
  type: "counter",
  values: [{ labels: { path: 'a "b" \\ \n', code: 0 }, value: 3 }, { value: 1 }],
};

test("Prometheus' text names a counter as it is, and escapes what must be", () => {
  assert.equal(
    writeMetrics([calls], "prometheus"),
    `# HELP calls_total Calls,\\nby \\\\ path.
# TYPE calls_total counter
calls_total{path="a \\"b\\" \\\\ \\n",code="0"} 3
calls_total 1
`,
  );
});

test("OpenMetrics' family has the name without _total, and the text an end", () => {
  const lines = writeMetrics([calls], "openmetrics").split("\n");
  assert.equal(lines[1], "# TYPE calls counter");
  assert.equal(lines[3], "calls_total 1");
  assert.deepEqual(lines.slice(-2), ["# EOF", ""]);
});

test("numbers are told as Go reads them", () => {
  const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e-7, 1e21].map(value => ({ value }));
  const text = writeMetrics([{ name: "n", help: "", type: "gauge", values }], "prometheus");
  assert.deepEqual(text.split("\n").slice(2, 7), ["n +Inf", "n -Inf", "n NaN", "n 1e-7", "n 1e+21"]);
});

test("a histogram is cumulative, with its sum, its count, and in OpenMetrics with exemplars", () => {
  const durations = new Durations(Float64Array.of(0.5, 1));
  durations.record(0.25, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  durations.record(0.75, "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01");
  durations.record(2);
  const family: Family = { name: "d", help: "D", type: "histogram", values: [{ labels: {}, durations }] };
  assert.deepEqual(writeMetrics([family], "prometheus").split("\n").slice(2), [
    'd_bucket{le="0.5"} 1',
    'd_bucket{le="1"} 2',
    'd_bucket{le="+Inf"} 3',
    "d_sum 3",
    "d_count 3",
    "",
  ]);
  const [, , first, second] = writeMetrics([family], "openmetrics").split("\n");
  assert.match(
    first ?? "",
    /^d_bucket\{le="0\.5"\} 1 # \{trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"\} 0\.25 \d+(\.\d+)?$/,
  );
  // A malformed header names no trace.
  assert.equal(second, 'd_bucket{le="1.0"} 2');
});
