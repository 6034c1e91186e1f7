import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../store/open-store.ts";
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

test("a round that fails is told of, and the next one tries again", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const trim = () => Promise.reject(new Error("no"));
  const onError = (error: unknown) => errors.push(error) === 2 && resolve();
  await using _ = createTrimmer({ store: { trim }, limits: {}, intervalMs: 1, onError });
  await promise;
  assert.equal(errors.length >= 2, true);
});
