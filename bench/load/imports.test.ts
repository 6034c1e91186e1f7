import assert from "node:assert/strict";
import { test } from "node:test";
import { envelope } from "./call.ts";
import { countEnvelopes } from "./imports.ts";

test("envelopes are counted wherever their bytes are cut", () => {
  const bytes = Buffer.concat([0, 3, 300, 0, 7].map(length => envelope(new Uint8Array(length))));
  for (const size of [1, 2, 5, 7, 64, 1000]) {
    const count = countEnvelopes();
    for (let at = 0; at < bytes.length; at += size) count.add(bytes.subarray(at, at + size));
    assert.equal(count.complete(), 5, `in pieces of ${size}`);
  }
});

test("an envelope that is not whole is not counted", () => {
  const count = countEnvelopes();
  count.add(envelope(new Uint8Array(10)).subarray(0, 14));
  assert.equal(count.complete(), 0);
});
