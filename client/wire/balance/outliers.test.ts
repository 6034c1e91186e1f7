import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { toBalance } from "./options.ts";
import { type OutlierOptions, type OutlierPolicy, Standing, sweep } from "./outliers.ts";

const policyOf = (outliers: OutlierOptions) => toBalance({ outliers }).outliers as OutlierPolicy;

/** Judges so many good and bad calls of each server. */
function call(standings: readonly Standing[], counts: readonly (readonly [good: number, bad: number])[]): void {
  for (const [index, [good, bad]] of counts.entries()) {
    for (let n = 0; n < good; n++) standings[index]?.judge(undefined);
    for (let n = 0; n < bad; n++) standings[index]?.judge(Code.Unavailable);
  }
}

const ejected = (standings: readonly Standing[]) => standings.map(({ isEjected }) => isEjected);
const some = (count: number) => Array.from({ length: count }, () => new Standing());

test("a server of which too large a part of the calls fails is left out, once it has had enough of them", () => {
  const policy = policyOf({});
  for (const [counts, expected] of [
    [
      [
        [50, 0],
        [7, 43],
      ],
      [false, true],
    ],
    [
      [
        [50, 0],
        [15, 85],
      ],
      [false, false],
    ],
    [
      [
        [50, 0],
        [0, 49],
      ],
      [false, false],
    ],
  ] as const) {
    const standings = some(2);
    call(standings, counts);
    sweep(standings, policy, 0);
    assert.deepEqual(ejected(standings), expected, JSON.stringify(counts));
  }
  const alone = some(1);
  call(alone, [[0, 100]]);
  sweep(alone, policy, 0);
  assert.deepEqual(ejected(alone), [false]);
});

test("what is the caller's fault, or given up by the caller, speaks against no server", () => {
  const standing = new Standing();
  const codes = [Code.NotFound, Code.InvalidArgument, Code.AlreadyExists, Code.PermissionDenied, Code.Unimplemented];
  for (const code of codes) standing.judge(code);
  standing.judge(Code.Canceled);
  assert.deepEqual([standing.good, standing.bad], [codes.length, 0]);
  for (const code of [Code.Unavailable, Code.DeadlineExceeded, Code.Internal, Code.Unknown]) standing.judge(code);
  assert.deepEqual([standing.good, standing.bad], [codes.length, 4]);
});

test("a server that does worse than the others do is left out, where there are enough to compare", () => {
  const policy = policyOf({ failurePercentage: false });
  const standings = some(6);
  call(standings, [...Array.from({ length: 5 }, () => [99, 1] as const), [70, 30]]);
  sweep(standings, policy, 0);
  assert.deepEqual(ejected(standings), [false, false, false, false, false, true]);
  const few = some(4);
  call(few, [...Array.from({ length: 3 }, () => [100, 0] as const), [70, 30]]);
  sweep(few, policy, 0);
  assert.deepEqual(ejected(few), [false, false, false, false]);
});

test("no more are left out at once than may be, but for the first", () => {
  const bad = [0, 100] as const;
  for (const [maxEjectionPercent, count] of [
    [0, 1],
    [10, 1],
    [50, 2],
    [100, 4],
  ] as const) {
    const standings = some(4);
    call(standings, [bad, bad, bad, bad]);
    sweep(standings, policyOf({ maxEjectionPercent }), 0);
    assert.equal(ejected(standings).filter(Boolean).length, count, `${maxEjectionPercent} %`);
  }
});

test("a server comes back after its time, which grows while it fails, and shrinks while it does not", () => {
  const policy = policyOf({ baseEjectionMs: 30, maxEjectionMs: 70 });
  const standings = some(2);
  const [one] = standings as [Standing];
  const failAt = (now: number) => {
    call(standings, [[0, 100]]);
    sweep(standings, policy, now);
    assert.equal(one.isEjected, true);
  };
  const backAt = (now: number) => {
    sweep(standings, policy, now);
    assert.equal(one.isEjected, true, `it is out at ${now}`);
    sweep(standings, policy, now + 1);
    assert.equal(one.isEjected, false, `it is back after ${now}`);
  };
  failAt(100);
  backAt(130);
  failAt(200);
  backAt(260);
  failAt(300);
  backAt(370);
  for (let good = 0; good < 3; good++) sweep(standings, policy, 400 + good);
  failAt(500);
  backAt(530);
});

test("calls that were judged once are not judged again", () => {
  const standings = some(2);
  call(standings, [[0, 49]]);
  sweep(standings, policyOf({}), 0);
  call(standings, [[0, 49]]);
  sweep(standings, policyOf({}), 1);
  assert.deepEqual(ejected(standings), [false, false]);
});
