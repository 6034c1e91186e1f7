import assert from "node:assert/strict";
import { test } from "node:test";
import { percentEncode } from "./grpc-status.ts";

test("what a header cannot carry is encoded, and no more", () => {
  for (const [text, encoded] of [
    ["it's 100 % broken", "it's 100 %25 broken"],
    ["value: ", "value:%20"],
    ["  indented", "%20%20indented"],
    ["☕\n", "%E2%98%95%0A"],
    ["", ""],
  ] as const) {
    assert.equal(percentEncode(text), encoded);
    assert.equal(decodeURIComponent(encoded), text);
  }
});
