import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "./pause.ts";

test("a pause that is longer than a timer can be is as long as one can be", async t => {
  const set = t.mock.method(globalThis, "setTimeout");
  const end = new AbortController();
  const paused = pause(2 ** 31, { signal: end.signal });
  assert.equal(set.mock.calls[0]?.arguments[1], 2 ** 31 - 1);
  end.abort();
  await paused;
});
