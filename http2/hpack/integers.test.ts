import assert from "node:assert/strict";
import { test } from "node:test";
import { Cursor, readInteger, writeInteger } from "./integers.ts";

function written(flags: number, mask: number, value: number): number[] {
  const into = new Uint8Array(8);
  return [...into.subarray(0, writeInteger(into, 0, flags, mask, value))];
}

test("the examples of RFC 7541 appendix C.1 are written as they say", () => {
  assert.deepEqual(written(0, 0x1f, 10), [0x0a]);
  assert.deepEqual(written(0, 0x1f, 1337), [0x1f, 0x9a, 0x0a]);
  assert.deepEqual(written(0, 0xff, 42), [0x2a]);
});

test("integers are read as they were written, around every bound", () => {
  for (const mask of [0x0f, 0x1f, 0x3f, 0x7f]) {
    const bounds = [0, mask, mask + 0x80, mask + 0x4000, mask + 0x20_0000, mask + 0xfff_ffff];
    for (const value of bounds.flatMap(bound => [bound - 1, bound, bound + 1])) {
      if (value < 0 || value > mask + 0xfff_ffff) continue;
      const cursor = new Cursor(Buffer.from([...written(0xff & ~mask, mask, value), 0xaa]));
      assert.equal(readInteger(cursor, mask), value);
      assert.equal(cursor.at, cursor.end - 1);
    }
  }
});

test("an integer ends with its block, and has five octets at most", () => {
  const read = (...octets: number[]) => readInteger(new Cursor(Buffer.from(octets)), 0x1f);
  assert.throws(() => read(), /ends where an integer is due/);
  assert.throws(() => read(0x1f), /ends within an integer/);
  assert.throws(() => read(0x1f, 0x80, 0x80), /ends within an integer/);
  assert.equal(read(0x1f, 0x80, 0x80, 0x80, 0x00), 0x1f);
  assert.throws(() => read(0x1f, 0x80, 0x80, 0x80, 0x80, 0x00), /more than 5 octets/);
});
