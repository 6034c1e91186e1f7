import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../store/open-store.ts";
import type { RetentionLimits } from "../../store/user-store.ts";
import { createUsers } from "./feed.fixture.ts";
import { createTrimmer } from "./trimmer.ts";

test("a trimmer forgets what is past the limits, and waits for its last round", async () => {
  await using store = await openStore("sqlite::memory:");
  for (const name of ["a", "b", "c"]) await createUsers(store, name);
  const { promise, resolve } = Promise.withResolvers<void>();
  const onError = (error: unknown) => assert.fail(String(error));
  const trim: typeof store.trim = async limits => {
    const trimmed = await store.trim(limits);
    resolve();
    return trimmed;
  };
  await using _ = createTrimmer({ store: { trim }, limits: { maxEvents: 1 }, intervalMs: 1, onError });
  await promise;
  const { oldest } = await store.eventBounds();
  assert.equal((await store.readEvents(oldest, 10)).events.length, 1);
});

test("nothing goes by its age until the clock has gone right for ten minutes", async () => {
  let time = 0;
  let passed = 0;
  const limits = { maxEvents: 5, maxEventAgeMs: 1, maxRequestAgeMs: 2 };
  const rounds: RetentionLimits[] = [];
  const byCount = { maxEvents: 5 };
  const steps: readonly (readonly [time: number, passed: number, expected: RetentionLimits])[] = [
    [599_000, 599_000, byCount],
    [1000, 1000, limits],
    // A year ahead, then back.
    [31_536_000_000, 1000, byCount],
    [-31_536_000_000, 1000, byCount],
    [599_000, 599_000, byCount],
    [4000, 1000, limits],
  ];
  const { promise, resolve } = Promise.withResolvers<void>();
  const trim = async (given: RetentionLimits) => {
    rounds.push(given);
    const next = steps[rounds.length];
    if (next === undefined) resolve();
    else [time, passed] = [time + next[0], passed + next[1]];
    return { events: 0, requests: 0 };
  };
  const onError = (error: unknown) => assert.fail(String(error));
  const clocks = { clock: () => time, stopwatch: () => passed };
  await using _ = createTrimmer({ store: { trim }, limits, intervalMs: 1, onError, ...clocks });
  [time, passed] = [steps[0]?.[0] ?? 0, steps[0]?.[1] ?? 0];
  await promise;
  assert.deepEqual(
    rounds.slice(0, steps.length),
    steps.map(([, , expected]) => expected),
  );
});

test("a round that fails is told of, and the next one tries again", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const trim = () => Promise.reject(new Error("no"));
  const onError = (error: unknown) => errors.push(error) === 2 && resolve();
  await using _ = createTrimmer({ store: { trim }, limits: {}, intervalMs: 1, onError });
  await promise;
  assert.equal(errors.length >= 2, true);
});
