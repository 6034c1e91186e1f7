import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import { brotliWindow } from "./brotli-window.ts";

test("the window is the one that the data was compressed with", () => {
  // More than the largest of them, or the window shrinks to what there is.
  const plain = Buffer.alloc(17 * 1024 * 1024);
  for (let bits = constants.BROTLI_MIN_WINDOW_BITS; bits <= constants.BROTLI_MAX_WINDOW_BITS; bits++) {
    const params = { [constants.BROTLI_PARAM_LGWIN]: bits, [constants.BROTLI_PARAM_QUALITY]: 5 };
    assert.equal(brotliWindow(brotliCompressSync(plain, { params })), 1 << bits, `${bits} bits`);
  }
});

test("data whose window is of no size that the format knows, or that has none, has a bound all the same", () => {
  assert.equal(brotliWindow(Buffer.of(0x11)), 1 << 24);
  assert.equal(brotliWindow(Buffer.alloc(0)), 1 << 16);
});
