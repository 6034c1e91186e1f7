import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "./peer.fixture.ts";
import { slotMs, TimerWheel, WheelTimer } from "./timer-wheel.ts";

test("Each timer is told once, never early and late by a slot at most, whatever is set, moved and cleared", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const below = seeded(seed);
    let now = below(100_000);
    const wheel = new TimerWheel(now);
    const due = new Map<WheelTimer, number>();
    const owner = {
      expired(timer: WheelTimer) {
        const at = due.get(timer);
        assert.ok(at !== undefined, "a timer that is not set is told");
        assert.ok(now >= at && now < at + 2 * slotMs, `seed ${seed}: due at ${at}, told at ${now}`);
        due.delete(timer);
      },
    };
    const timers = Array.from({ length: 30 }, () => new WheelTimer(owner));
    for (let step = 0; step < 2_000; step++) {
      const timer = timers[below(timers.length)] as WheelTimer;
      if (below(4) === 0) {
        wheel.clear(timer);
        due.delete(timer);
      } else if (below(2) === 0) {
        const at = now + below(below(3) === 0 ? 60_000 : 500);
        wheel.set(timer, at);
        due.set(timer, at);
      }
      now += below(slotMs);
      wheel.advance(now);
      assert.equal(wheel.size, due.size);
    }
  }
});

test("After a long sleep all that is due is told", () => {
  const wheel = new TimerWheel(0);
  const told: number[] = [];
  const owner = { expired: (timer: WheelTimer) => void told.push(timers.indexOf(timer)) };
  const timers = [10, 100_000, 3_000_000].map(() => new WheelTimer(owner));
  for (const [index, at] of [10, 100_000, 3_000_000].entries()) wheel.set(timers[index] as WheelTimer, at);
  wheel.advance(2_000_000);
  assert.deepEqual(told.sort(), [0, 1]);
  wheel.advance(4_000_000);
  assert.deepEqual(told, [0, 1, 2]);
});

test("A timer that is told may set itself and clear others", () => {
  const wheel = new TimerWheel(0);
  const told: string[] = [];
  const other = new WheelTimer({ expired: () => void told.push("other") });
  const timer = new WheelTimer({
    expired: () => {
      told.push("timer");
      wheel.clear(other);
      if (told.length < 3) wheel.set(timer, told.length * 1_000);
    },
  });
  wheel.set(other, 40);
  wheel.set(timer, 40);
  for (let now = 0; now < 5_000; now += 10) wheel.advance(now);
  assert.deepEqual(told, ["timer", "timer", "timer"]);
});
