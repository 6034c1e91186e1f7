import assert from "node:assert/strict";
import { test } from "node:test";
import { leastLoaded, roundRobin } from "./picker.ts";

/** Servers with so many calls in flight each; those that are named take none. */
function candidates(calls: Readonly<Record<string, number>>, ...full: string[]) {
  return Object.entries(calls).map(([name, count]) => ({
    calls: count,
    take: () => (full.includes(name) ? undefined : name),
  }));
}

test("round robin calls one after the other, and passes over those that take no calls", () => {
  const pick = roundRobin(() => 0);
  const all = candidates({ a: 9, b: 0, c: 5 }, "b");
  assert.deepEqual(
    Array.from({ length: 4 }, () => pick(all)),
    ["a", "c", "a", "c"],
  );
  assert.equal(pick(candidates({ a: 0, b: 0 }, "a", "b")), undefined);
  assert.equal(pick([]), undefined);
});

test("round robin begins anywhere", () => {
  const all = candidates({ a: 0, b: 0, c: 0 });
  const firsts = [0, 1, 2].map(n => roundRobin(() => n / 2 ** 20)(all));
  assert.deepEqual(firsts, ["a", "b", "c"]);
});

test("of two servers that are drawn, the one with fewer calls is called, and the other where it takes none", () => {
  const drawn = (...numbers: number[]) => leastLoaded(() => numbers.shift() ?? 0);
  const calls = { a: 3, b: 2, c: 1, d: 0 };
  // The first number is that of where round robin would begin.
  assert.equal(drawn(0, 0, 0)(candidates(calls)), "b");
  assert.equal(drawn(0, 0, 0.99)(candidates(calls)), "d");
  assert.equal(drawn(0, 0, 0)(candidates(calls, "b")), "a");
  assert.equal(drawn(0, 0, 0)(candidates(calls, "a", "b")), "c");
  assert.equal(drawn(0, 0, 0)(candidates(calls, "a", "b", "c", "d")), undefined);
  assert.equal(drawn(0, 0.5, 0.5)(candidates({ a: 7 })), "a");
  assert.equal(drawn(0, 0.5, 0.5)([]), undefined);
});

test("a server is never drawn twice for one call, and each is drawn", () => {
  const seen = new Set<string>();
  for (let first = 0; first < 4; first++) {
    for (let second = 0; second < 3; second++) {
      const numbers = [0, first / 4, second / 3];
      const asked: string[] = [];
      const all = ["a", "b", "c", "d"].map(name => ({
        get calls() {
          asked.push(name);
          return 0;
        },
        take: () => name,
      }));
      leastLoaded(() => numbers.shift() ?? 0)(all);
      assert.equal(new Set(asked).size, 2);
      seen.add([...asked].sort().join(""));
    }
  }
  assert.equal(seen.size, 6);
});
