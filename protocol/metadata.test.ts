import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata } from "./metadata.ts";

test("what it does, web headers do", () => {
  const ours = new Metadata({});
  const theirs = new Headers();
  for (const headers of [ours, theirs]) {
    headers.set("X-B", " 2 ");
    headers.append("x-a", "1");
    headers.append("X-A", "one");
    headers.append("set-cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    headers.set("x-gone", "x");
    headers.delete("X-Gone");
  }
  assert.deepEqual([...ours], [...theirs]);
  assert.deepEqual([...ours.keys()], [...theirs.keys()]);
  assert.deepEqual([...ours.values()], [...theirs.values()]);
  assert.deepEqual(ours.getSetCookie(), theirs.getSetCookie());
  for (const name of ["x-a", "X-B", "set-cookie", "x-gone", "constructor", "__proto__"]) {
    assert.equal(ours.get(name), theirs.get(name), name);
    assert.equal(ours.has(name), theirs.has(name), name);
  }
});

test("it passes for web headers", () => {
  const metadata = new Metadata({ "x-a": "1", "set-cookie": ["a=1", "b=2"] });
  assert.ok(metadata instanceof Headers);
  assert.deepEqual([...new Headers(metadata)], [...metadata]);
});

test("the fields it was given are never written to, and pseudo-headers hidden", () => {
  const fields = { ":path": "/", "x-a": "1" };
  const metadata = new Metadata(fields);
  assert.equal(metadata.fields, fields);
  metadata.set("x-a", "2");
  metadata.delete("x-b");
  assert.deepEqual(fields, { ":path": "/", "x-a": "1" });
  assert.deepEqual([...metadata], [["x-a", "2"]]);
});

test("what HTTP cannot carry is a TypeError, as with web headers", () => {
  for (const headers of [new Metadata({}), new Headers()]) {
    for (const [name, value] of [
      ["", "x"],
      ["a b", "x"],
      ["a", "x\ny"],
      ["a", "☕"],
      ["a", "x\0"],
    ] as const) {
      assert.throws(() => headers.set(name, value), TypeError);
      assert.throws(() => headers.append(name, value), TypeError);
    }
  }
});
