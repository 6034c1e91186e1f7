import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteTarget } from "./byte-target.ts";

test("Short messages share a block", () => {
  const target = new ByteTarget();
  const taken = ["Ada", "Grace"].map(text => {
    target.appendText(text, text.length);
    return target.take();
  });
  assert.deepEqual(
    taken.map(bytes => Buffer.from(bytes).toString()),
    ["Ada", "Grace"],
  );
  assert.equal(taken[0]?.buffer, taken[1]?.buffer);
});

test("A message that is nearly all one long text is written once, in a block hardly longer", () => {
  const target = new ByteTarget();
  const text = "a".repeat(4_000_000);
  target.append(Buffer.from([10, 1, 2, 3]));
  target.appendText(text, text.length);
  target.append(Buffer.from([16, 36]));
  const taken = target.take();
  assert.equal(taken.length, text.length + 6);
  assert.ok(taken.buffer.byteLength < 1.01 * taken.length, `${taken.buffer.byteLength} bytes`);
  assert.deepEqual([...taken.subarray(0, 5), ...taken.subarray(-2)], [10, 1, 2, 3, 97, 16, 36]);
});

test("A message of many short texts is not kept in a block that is half empty", () => {
  const target = new ByteTarget();
  for (let i = 0; i < 50_000; i++) target.appendText("abc", 3);
  const taken = target.take();
  assert.equal(Buffer.from(taken).toString(), "abc".repeat(50_000));
  assert.ok(taken.buffer.byteLength <= 1.125 * taken.length, `${taken.buffer.byteLength} bytes`);
  target.appendText("Ada", 3);
  assert.equal(Buffer.from(target.take()).toString(), "Ada");
});
