import assert from "node:assert/strict";
import { test } from "node:test";
import { randomId } from "./random-id.ts";

test("ids are random UUIDs, no two of them the same", () => {
  const ids = new Set<string>();
  for (let n = 0; n < 1000; n++) {
    const id = randomId();
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    ids.add(id);
  }
  assert.equal(ids.size, 1000);
  // Each digit that is free takes each value.
  for (const place of [0, 7, 9, 15, 20, 24, 35]) assert.equal(new Set([...ids].map(id => id[place])).size, 16);
});
