import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNumber, verdictText } from "./format.ts";
import { result } from "./result.fixture.ts";
import { tableRows, textReport } from "./table.ts";

test("a row has the median, the least, the greatest and the ratio to the baseline", () => {
  const [chart] = result.charts;
  assert.ok(chart);
  assert.deepEqual(tableRows(chart)[0], {
    contender: "Concierge, wire lane",
    metric: "calls a second",
    median: "36,000",
    min: "30,000",
    max: "40,000",
    ratio: "1.20",
  });
});

test("the terminal's table is aligned and tells targets and notes", () => {
  assert.equal(
    textReport(result),
    `unary: servers <with> each other
a CPU, 2 cores, 4 GB, Linux 6, Node v26.0.0, data on ext4; servers on core 0, load on core 1
3 rounds, medians

gRPC & co (ratio to grpc-js)
                                        median     min     max  ratio
  Concierge, wire lane  calls a second  36,000  30,000  40,000   1.20
  grpc-js               calls a second  30,000  29,000  31,000   1.00

targets
  wire ≥ 1.2 × grpc-js: met: 1.2 (at least 1.2)

note: grpcio is not installed
`,
  );
});

test("a quick run says that its numbers mean nothing", () => {
  assert.match(textReport({ ...result, quick: true }), /QUICK: a smoke check, the numbers mean nothing/);
});

test("numbers have three significant digits or none after the point", () => {
  assert.deepEqual([0.01234, 1.2, 45.678, 999.6, 1234567, Number.NaN].map(formatNumber), [
    "0.0123",
    "1.2",
    "45.7",
    "1,000",
    "1,234,567",
    "–",
  ]);
});

test("a verdict names the bound and the value", () => {
  assert.equal(verdictText({ text: "", atMost: 400, value: 512, met: false }), "missed: 512 (at most 400)");
  assert.equal(verdictText({ text: "", atMost: 400, value: undefined, met: undefined }), "not measured");
});
