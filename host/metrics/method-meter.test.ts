import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { MethodMeter } from "./method-meter.ts";

const traceparent = (flags: string, digit = "a") => `00-${digit.repeat(32)}-00f067aa0ba902b7-${flags}`;

function unaryMeter() {
  return new MethodMeter({ service: "a.B", name: "C", kind: "unary" });
}

test("calls are told apart by protocol and code", () => {
  const meter = unaryMeter();
  for (let i = 0; i < 4; i++) meter.began();
  meter.ended("grpc", 0, 1, undefined);
  meter.ended("grpc-web", 0, 1, undefined);
  meter.ended("connect", Code.NotFound, 1, undefined);
  assert.equal(meter.of("grpc", 0)?.count, 1);
  assert.equal(meter.of("rest", 0), undefined);
  assert.equal(meter.countOf(0), 2);
  assert.equal(meter.countOf(Code.NotFound), 1);
  assert.equal(meter.countOf(Code.Internal), 0);
  assert.equal(meter.withCode(0, ["grpc", "grpc-web"])?.count, 2);
  assert.equal(meter.withCode(0, ["grpc"])?.count, 1);
  // What was added up is as it was.
  assert.equal(meter.of("grpc", 0)?.count, 1);
  assert.equal(meter.withCode(Code.Internal, ["grpc", "connect"]), undefined);
  assert.equal(meter.all.count, 3);
  assert.equal(meter.inFlight, 1);
});

test("each code of each protocol has a place of its own", () => {
  const meter = unaryMeter();
  const protocols = ["grpc", "grpc-web", "connect", "rest"] as const;
  for (const protocol of protocols) for (let code = 0; code <= 16; code++) meter.ended(protocol, code, 1, undefined);
  for (const protocol of protocols)
    for (let code = 0; code <= 16; code++) assert.equal(meter.of(protocol, code)?.count, 1);
});

test("a duration counts where its bound is no less, and above all bounds in a bucket of its own", () => {
  const meter = unaryMeter();
  for (const ms of [0.05, 0.06, 10_000, 10_001]) meter.ended("grpc", 0, ms, undefined);
  const { bounds, counts, sum } = meter.all;
  assert.equal(counts[0], 1);
  assert.equal(counts[1], 1);
  assert.equal(counts[bounds.length - 1], 1);
  assert.equal(counts[bounds.length], 1);
  assert.ok(Math.abs(sum - 20.00111) < 1e-9);
});

test("the last sampled trace of a bucket is its exemplar", () => {
  const meter = unaryMeter();
  meter.ended("grpc", 0, 0.01, traceparent("01"));
  meter.ended("grpc", 0, 0.02, traceparent("01", "b"));
  meter.ended("grpc", 0, 0.03, traceparent("00", "c"));
  meter.ended("grpc", 0, 0.03, "nonsense");
  assert.equal(meter.all.exemplar(0)?.traceparent, traceparent("01", "b"));
  assert.equal(meter.all.exemplar(0)?.seconds, 0.00002);
  assert.equal(meter.all.exemplar(1), undefined);
});

test("of several protocols the latest exemplar is shown", t => {
  const now = t.mock.method(Date, "now", () => 2000);
  const meter = unaryMeter();
  meter.ended("connect", 0, 0.01, traceparent("01"));
  now.mock.mockImplementation(() => 1000);
  meter.ended("grpc", 0, 0.01, traceparent("01", "b"));
  meter.ended("rest", 0, 0.01, traceparent("01", "c"));
  assert.equal(meter.all.exemplar(0)?.traceparent, traceparent("01"));
});

test("streams have bounds up to an hour, and a time to their first message", () => {
  const meter = new MethodMeter({ service: "a.B", name: "C", kind: "server_streaming" });
  meter.answered(2);
  assert.equal(meter.firstMessages?.count, 1);
  assert.equal(meter.all.bounds.at(-1), 3600);
  const unary = unaryMeter();
  unary.answered(2);
  assert.equal(unary.firstMessages, undefined);
});
