import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { EnvelopeReader, envelop, prefixBytes } from "./envelope.ts";

const messages = [Buffer.from("one"), Buffer.alloc(0), Buffer.from("three"), Buffer.alloc(300, "x")];
const body = Buffer.concat(messages.map((data, i) => envelop(i, data)));

function readAll(reader: EnvelopeReader) {
  const read = [];
  for (let next = reader.read(); next; next = reader.read()) read.push({ ...next, data: Buffer.from(next.data) });
  return read;
}

test("however a body is cut, its messages are the same", () => {
  for (let size = 1; size <= body.length; size++) {
    const reader = new EnvelopeReader(1000);
    const read = [];
    for (let at = 0; at < body.length; at += size) {
      reader.push(body.subarray(at, at + size));
      read.push(...readAll(reader));
    }
    assert.deepEqual(
      read,
      messages.map((data, flags) => ({ flags, data })),
    );
    assert.equal(reader.buffered, 0);
  }
});

test("a message that lies whole in its chunk is not copied", () => {
  const reader = new EnvelopeReader(1000);
  reader.push(body);
  const { buffer, byteOffset } = reader.read()?.data ?? assert.fail();
  assert.equal(buffer, body.buffer);
  assert.equal(byteOffset, body.byteOffset + prefixBytes);
});

test("a length above the limit is refused by the prefix alone, the largest included", () => {
  for (const prefix of [
    [0, 0, 0, 3, 0xe9],
    [1, 0xff, 0xff, 0xff, 0xff],
  ]) {
    const reader = new EnvelopeReader(1000);
    reader.push(Buffer.from(prefix));
    assert.throws(() => reader.read(), { code: Code.ResourceExhausted });
  }
});
