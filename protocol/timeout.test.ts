import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { parseTimeout } from "./timeout.ts";

test("each gRPC unit is understood", () => {
  const expected = { "1H": 3_600_000, "2M": 120_000, "3S": 3000, "4m": 4, "5u": 0.005, "6n": 0.000006, "0S": 0 };
  for (const [text, ms] of Object.entries(expected)) assert.equal(parseTimeout("grpc", text, 1e9), ms);
});

test("a Connect deadline is in milliseconds", () => {
  assert.equal(parseTimeout("connect", "1500", 1e9), 1500);
});

test("a deadline above the maximum is capped", () => {
  assert.equal(parseTimeout("grpc", "3610S", 3_600_000), 3_600_000);
  assert.equal(parseTimeout("connect", "3600001", 3_600_000), 3_600_000);
});

test("what is malformed is INVALID_ARGUMENT", () => {
  for (const text of ["", "1", "S", "1s", "1.5S", " 1S", "123456789S"]) {
    assert.throws(() => parseTimeout("grpc-web", text, 1000), { code: Code.InvalidArgument }, text);
  }
  for (const text of ["", "1S", "-1", "12345678901"]) {
    assert.throws(() => parseTimeout("connect", text, 1000), { code: Code.InvalidArgument }, text);
  }
});
