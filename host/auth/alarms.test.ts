import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlarms, maxTimerMs } from "./alarms.ts";
import { createClock } from "./clock.fixture.ts";

test("alarms ring in order, each once, within a second after their time", () => {
  const clock = createClock();
  const alarms = createAlarms(clock);
  const rung: string[] = [];
  alarms.at(clock.now() + 5_000, () => rung.push("five"));
  alarms.at(clock.now() + 2_500, () => rung.push("two and a half"));
  clock.advance(2_499);
  assert.deepEqual(rung, []);
  clock.advance(501);
  assert.deepEqual(rung, ["two and a half"]);
  clock.advance(60_000);
  assert.deepEqual(rung, ["two and a half", "five"]);
  assert.equal(alarms.size, 0);
  assert.equal(clock.isSet, false);
});

test("an alarm beyond 2^31 - 1 ms waits in steps, and rings at its time", () => {
  const clock = createClock();
  const alarms = createAlarms(clock);
  let rung = 0;
  alarms.at(clock.now() + 2 * maxTimerMs, () => rung++);
  clock.advance(2 * maxTimerMs - 1_000);
  assert.equal(rung, 0);
  clock.advance(2_000);
  assert.equal(rung, 1);
  assert.ok(clock.waits.every(ms => ms <= maxTimerMs));
});

test("an alarm that was called off never rings, and the last one takes the timer with it", () => {
  const clock = createClock();
  const alarms = createAlarms(clock);
  let rung = 0;
  const callOff = [1_000, 1_000, 9_000].map(ms => alarms.at(clock.now() + ms, () => rung++));
  callOff[0]?.();
  callOff[0]?.();
  assert.equal(alarms.size, 2);
  clock.advance(1_000);
  assert.equal(rung, 1);
  callOff[2]?.();
  assert.equal(alarms.size, 0);
  assert.equal(clock.isSet, false);
});

test("ten thousand alarms take one timer", () => {
  const clock = createClock();
  const alarms = createAlarms(clock);
  let rung = 0;
  for (let i = 0; i < 10_000; i++) alarms.at(clock.now() + 1_000 + (i % 100) * 1_000, () => rung++);
  assert.equal(clock.waits.length, 1);
  clock.advance(100_000);
  assert.equal(rung, 10_000);
});

test("a time that is past rings at once", () => {
  const clock = createClock();
  let rung = 0;
  createAlarms(clock).at(clock.now() - 5_000, () => rung++);
  clock.advance(0);
  assert.equal(rung, 1);
});
