import assert from "node:assert/strict";
import { test } from "node:test";
import { toCall, toConnection } from "./admin.ts";
import { countOf, quantile, since, toHistogram } from "./histogram.ts";
import { parseMetrics, sumOf } from "./metrics-text.ts";
import { readBetween, toSnapshot, wantedMetrics } from "./reading.ts";

function textOf(started: number, ok: number, failed: number, buckets: readonly number[]): string {
  const labels = 'grpc_type="unary",grpc_service="a.B",grpc_method="C"';
  const bounds = ["0.001", "0.01", "+Inf"];
  return `# HELP grpc_server_started_total Calls.
# TYPE grpc_server_started_total counter
grpc_server_started_total{${labels}} ${started}
grpc_server_handled_total{${labels},grpc_code="OK"} ${ok}
grpc_server_handled_total{${labels},grpc_code="NotFound"} ${failed}
${buckets.map((count, i) => `grpc_server_handling_seconds_bucket{${labels},le="${bounds[i]}"} ${count}`).join("\n")}
concierge_calls_in_flight{method="a.B/C",kind="unary"} 3
concierge_connections{protocol="http1"} 2
concierge_connections{protocol="http2"} 5
process_cpu_seconds_total ${started / 100}
unwanted{a="b"} 1
`;
}

function snapshot(at: number, ...counts: Parameters<typeof textOf>) {
  return toSnapshot(at, parseMetrics(textOf(...counts), wantedMetrics));
}

test("series are read with their labels, whatever is in these, and what is no line is left out", () => {
  const text =
    'a{x="q\\"} \\\\ \\n",y=""} 1.5e3 1700000000\na{x="+"} +Inf # {trace_id="0"} 1\na NaN\n\nnonsense {\nb 2\na';
  const samples = parseMetrics(text, new Set(["a"]));
  assert.deepEqual(samples.get("a"), [
    { labels: { x: 'q"} \\ \n', y: "" }, value: 1500 },
    { labels: { x: "+" }, value: Number.POSITIVE_INFINITY },
    { labels: {}, value: Number.NaN },
  ]);
  assert.equal(samples.has("b"), false);
  assert.equal(sumOf(samples, "a", { x: 'q"} \\ \n' }), 1500);
});

test("what a server did is the difference of two looks", () => {
  const reading = readBetween(snapshot(1000, 10, 9, 1, [5, 10, 10]), snapshot(3000, 30, 25, 5, [15, 30, 30]));
  const [method] = reading.methods;
  assert.deepEqual([reading.perSecond, method?.perSecond, reading.inFlight], [10, 10, 3]);
  assert.deepEqual([...reading.errors], [["NotFound", 4]]);
  assert.equal(reading.errorsPerSecond, 2);
  assert.deepEqual(reading.durations.counts, [10, 10, 0]);
  assert.deepEqual([reading.p50, reading.p99?.toFixed(5)], [0.001, "0.00982"]);
  assert.deepEqual(reading.connections, { http1: 2, http2: 5 });
  assert.equal(reading.cpu.toFixed(3), "0.100");
});

test("a server that began anew is told from one that did less than nothing", () => {
  const reading = readBetween(snapshot(0, 100, 90, 10, [50, 100, 100]), snapshot(1000, 4, 4, 0, [1, 4, 4]));
  assert.equal(reading.perSecond, 4);
  assert.deepEqual(reading.durations.counts, [1, 3, 0]);
  assert.deepEqual([...reading.errors], []);
});

test("calls and connections of the admin service are read from Protobuf's JSON, defaults left out", () => {
  assert.deepEqual(toCall({ id: "7", method: "a.B/C", age: "1.500s", messagesSent: "12", waitsFor: "PARTY_CLIENT" }), {
    id: "7",
    method: "a.B/C",
    protocol: "",
    peer: "",
    caller: "",
    requestId: "",
    ageSeconds: 1.5,
    received: 0,
    sent: 12,
    waitsFor: "client",
  });
  assert.deepEqual(toConnection({ peer: "[::1]:7", httpVersion: "HTTP_VERSION_2", tls: true, age: "3s" }), {
    peer: "[::1]:7",
    version: "HTTP/2",
    isTls: true,
    openStreams: 0,
    ageSeconds: 3,
    idleSeconds: undefined,
  });
  assert.deepEqual([toCall({}).waitsFor, toConnection({}).version], ["", ""]);
});

test("a quantile lies within its bucket, and of the last one it is the beginning", () => {
  const histogram = toHistogram([
    { bound: Number.POSITIVE_INFINITY, count: 10 },
    { bound: 1, count: 4 },
    { bound: 2, count: 8 },
  ]);
  assert.deepEqual(histogram, { bounds: [1, 2, Number.POSITIVE_INFINITY], counts: [4, 4, 2] });
  assert.equal(quantile(histogram, 0.2), 0.5);
  assert.equal(quantile(histogram, 0.6), 1.5);
  assert.equal(quantile(histogram, 0.99), 2);
  assert.equal(quantile(toHistogram([]), 0.5), undefined);
  assert.equal(quantile(since(histogram, histogram), 0.5), undefined);
  assert.equal(countOf(histogram), 10);
});
