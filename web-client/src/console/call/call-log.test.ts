import assert from "node:assert/strict";
import { test } from "node:test";
import { CallLog } from "./call-log.ts";
import { keptEvents } from "./call-record.ts";
import { readDeadline, readHeaders } from "./plan.ts";

function newLog() {
  let now = 100;
  let told = 0;
  const start = {
    protocol: "connect-json",
    method: "a.B/C",
    httpMethod: "POST",
    target: "/a.B/C",
    requestHeaders: [],
    deadlineMs: undefined,
    startedAt: 0,
  } as const;
  const log = new CallLog(
    start,
    () => told++,
    () => now,
  );
  return { log, tick: (ms: number) => (now += ms), told: () => told };
}

const message = { bytes: new Uint8Array(3), payloadAt: 0, encoding: "json" } as const;
const ok = { code: "ok", message: "", details: [] };

test("events have the time since the call's start, and each direction its own count", () => {
  const { log, tick, told } = newLog();
  log.sent({}, message);
  tick(5);
  log.received(message);
  log.received(message);
  tick(1);
  log.ended(ok);
  assert.deepEqual(
    log.events.map(event => [event.kind, event.atMs, "index" in event ? event.index : undefined]),
    [
      ["sent", 0, 0],
      ["received", 5, 0],
      ["received", 5, 1],
      ["end", 6, undefined],
    ],
  );
  assert.deepEqual([log.sentBytes, log.receivedBytes, told()], [3, 6, 4]);
});

test("a call ends once, and nothing comes after its end", () => {
  const { log } = newLog();
  log.ended(ok);
  log.ended({ ...ok, code: "canceled" });
  log.received(message);
  assert.equal(log.end?.code, "ok");
  assert.equal(log.events.length, 1);
});

test("the newest events are kept, the others counted, and the head is known all the same", () => {
  const { log } = newLog();
  log.replied({ status: 200, headers: [] });
  const many = 3 * keptEvents;
  for (let i = 0; i < many; i++) log.received(message);
  assert.ok(log.events.length >= keptEvents && log.events.length <= keptEvents * 1.1);
  assert.equal(log.dropped + log.events.length, many + 1);
  const last = log.events.at(-1);
  assert.equal(last?.kind === "received" && last.index, many - 1);
  assert.equal(log.head?.status, 200);
});

test("headers are a name and a value a line, and what is none is told with its line", () => {
  assert.deepEqual(readHeaders("X-One: 1\n\nx-two:a: b "), {
    ok: true,
    value: [
      ["x-one", "1"],
      ["x-two", "a: b"],
    ],
  });
  for (const [text, problem] of [
    ["a: 1\nnone", /Line 2/],
    ["b c: 1", /Line 1/],
    ["a: \u0001", /no header may hold/],
    ["a: \u{1f514}", /no header may hold/],
  ] as const) {
    const reading = readHeaders(text);
    assert.ok(!reading.ok);
    assert.match(reading.problem, problem);
  }
});

test("a deadline is whole milliseconds above zero, or none", () => {
  assert.deepEqual(readDeadline(" "), { ok: true, value: undefined });
  assert.deepEqual(readDeadline("250"), { ok: true, value: 250 });
  for (const text of ["0", "-1", "1.5", "soon", "12345678901"]) assert.equal(readDeadline(text).ok, false);
});
