import assert from "node:assert/strict";
import { test } from "node:test";
import { Chunks } from "./chunks.ts";

test("chunks of a byte each are joined, and none is lost", () => {
  const chunks = new Chunks();
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n * 7));
  for (let at = 0; at < bytes.length; at++) chunks.push(bytes.subarray(at, at + 1));
  assert.ok(Buffer.concat(chunks.list).equals(bytes));
  assert.ok(chunks.list.length < 12, `${chunks.list.length} objects`);
});

test("a large chunk is kept as it came, and so is the only one", () => {
  const chunks = new Chunks();
  const [small, large] = [Buffer.from("small"), Buffer.alloc(5000)];
  for (const chunk of [small, large]) chunks.push(chunk);
  assert.deepEqual([chunks.list[0] === small, chunks.list[1] === large], [true, true]);
});

test("what was taken from the list does not come back", () => {
  const chunks = new Chunks();
  for (const text of ["a", "b", "c"]) chunks.push(Buffer.from(text));
  const taken = chunks.list.splice(0);
  for (const text of ["d", "e", "f"]) chunks.push(Buffer.from(text));
  assert.equal(Buffer.concat(taken).toString(), "abc");
  assert.equal(Buffer.concat(chunks.list).toString(), "def");
});

test("what was read of a block stays as it was while the block grows", () => {
  const chunks = new Chunks();
  for (const text of ["a", "b"]) chunks.push(Buffer.from(text));
  const view = chunks.list[1] as Uint8Array;
  chunks.push(Buffer.from("c"));
  assert.equal(Buffer.from(view).toString(), "b");
  assert.equal(Buffer.concat(chunks.list).toString(), "abc");
});
