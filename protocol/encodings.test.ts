import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Encoding, encodings } from "./encodings.ts";

const limit = 4 * 1024 * 1024;
const [gzip, brotli] = encodings as [Encoding, Encoding];

function refused(code: Code): (error: unknown) => boolean {
  return error => ConnectError.from(error).code === code;
}

/** Data whose last bytes say that so many came before them. */
function stating(data: Buffer, length: number): Buffer {
  const changed = Buffer.from(data);
  changed.writeUInt32LE(length, changed.length - 4);
  return changed;
}

for (const { encoding, compress } of [
  { encoding: gzip, compress: gzipSync },
  { encoding: brotli, compress: brotliCompressSync },
]) {
  test(`${encoding.name}: a long message is read up to the limit, and refused above it`, async () => {
    const plain = Buffer.alloc(limit, "concierge");
    const read = await encoding.decompressLong(compress(plain), limit);
    assert.ok(plain.equals(read));
    await assert.rejects(encoding.decompressLong(compress(plain), limit - 1), refused(Code.ResourceExhausted));
  });
}

test("gzip: a long message comes in one piece, which is hardly longer than it", async () => {
  const read = await gzip.decompressLong(gzipSync(Buffer.alloc(3_000_000, "a")), limit);
  assert.ok(read.buffer.byteLength < 3_001_000, `${read.buffer.byteLength} bytes`);
});

test("gzip: of several members each is read, whatever the last says of its length", async () => {
  const members = [1_000_000, 5, 300_000].map(length => Buffer.alloc(length, "a"));
  const read = await gzip.decompressLong(Buffer.concat(members.map(member => gzipSync(member))), limit);
  assert.ok(Buffer.concat(members).equals(read));
});

test("gzip: a message that lies of its length is refused", async () => {
  const data = gzipSync(Buffer.alloc(1_000_000, "a"));
  for (const length of [0, 10, 999_999, limit, 0xffff_ffff]) {
    await assert.rejects(gzip.decompressLong(stating(data, length), limit), refused(Code.InvalidArgument), `${length}`);
  }
  for (const data of ["", "abc"]) {
    await assert.rejects(gzip.decompressLong(Buffer.from(data), limit), refused(Code.InvalidArgument), data);
  }
});
