import assert from "node:assert/strict";
import { test } from "node:test";
import { Int64ValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { createCountJson, maxJsonDepth } from "./count-json.ts";

const countIds = createCountJson(DirectoryService.method.batchGetUsers.input);
const countUpdate = createCountJson(DirectoryService.method.updateUser.input);

function refused(run: () => unknown, text: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, text);
    return true;
  });
}

function count(text: string, max = 100_000): number {
  return countIds(Buffer.from(text), max);
}

test("items count as one, objects and names as two", () => {
  for (const [text, expected] of [
    ["{}", 2],
    ['{"ids":["a","b"]}', 2 + 1 + 1],
    ['{"x":{"a":1,"b":2},"ids":[]}', 2 + 2 + 2 + 2 + 1],
  ] as const) {
    assert.equal(count(text), expected, text);
  }
});

test("what is within a string does not count", () => {
  assert.equal(count(String.raw`{"x":"{[,\",[{\\"}`), 2);
});

test("names of a large object count as eight", () => {
  const names = Array.from({ length: 2001 }, (_, n) => `"${n}":0`);
  assert.equal(count(`{${names}}`), 2 + 2 * 999 + 8 * 1001);
  assert.equal(count(`[${names.map(() => "0")}]`), 1 + 2000);
});

test("the paths of a mask count, though they are one string", () => {
  assert.equal(countUpdate(Buffer.from('{"updateMask":"name,email,age"}'), 100), 2 + 2);
});

test("counting stops at the bound", () => {
  assert.equal(count("[0,0,0]", 3), 3);
  refused(() => count("[0,0,0]", 2), /more than 2 values/);
});

test("objects and arrays are nested so deep, and no deeper", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.equal(count(nested(maxJsonDepth)), maxJsonDepth);
  refused(() => count(nested(maxJsonDepth + 1)), /nested more than 200 deep/);
  // What was closed does not count.
  assert.equal(count(`[${Array<string>(500).fill("[]")}]`), 1 + 500 + 499);
});

test("a number without end is refused where a number is read from a string", () => {
  const digits = (length: number) => Buffer.from(`"-${"1".repeat(length)}"`);
  const countNumber = createCountJson(Int64ValueSchema);
  assert.equal(countNumber(digits(4000), 10), 0);
  refused(() => countNumber(digits(5000), 10), /more than 4096 digits/);
  assert.equal(countIds(digits(5000), 10), 0);
});

test("what is no JSON is counted as far as it goes", () => {
  for (const text of ["", '"', '"\\', "]]}}", "[", "\ufeff{}"]) assert.ok(count(text) <= 2, text);
});
