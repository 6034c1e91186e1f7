import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { LineError, readLines, requireUtf8 } from "./input.ts";

/** Reads bytes in pieces of `size`. */
async function read(bytes: Buffer, size: number): Promise<string> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Buffer.concat(await Array.fromAsync(requireUtf8(Readable.from(pieces)))).toString("utf8");
}

test("UTF-8 passes, wherever the pieces of it are cut", async () => {
  const text = "\ufeffname,email\r\nZoë 👩‍🚀,zoë@example.com\n\ufffd 日本語";
  for (let size = 1; size < 12; size++) assert.equal(await read(Buffer.from(text), size), text);
});

test("the first line that is not UTF-8 is named, wherever the pieces of it are cut", async () => {
  const latin = (text: string) => Buffer.from(text, "latin1");
  for (const [bytes, line] of [
    [latin("a\r\nb\rc\nZo\xeb\nd"), 4],
    [latin("Zo\xeb"), 1],
    [latin("a\n\xf0\x9f\n"), 2],
    [latin("\xff\xfen\0"), 1],
    [latin("a\n\nb\x80"), 3],
  ] as const) {
    for (let size = 1; size < 12; size++) {
      await assert.rejects(read(bytes, size), error => error instanceof LineError && error.line === line);
    }
  }
});

/** Cuts text into pieces of `size` bytes. */
function cut(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );
}

test("lines end in any of the three ways, wherever the pieces are cut, and nowhere else", async () => {
  for (const [text, lines] of [
    ["\ufeffa\r\nb\rc\n\nd", ["a", "b", "c", "", "d"]],
    ["a\r", ["a"]],
    ["a\u2028b\n", ["a\u2028b"]],
    ["", []],
  ] as const) {
    for (let size = 1; size < 8; size++)
      assert.deepEqual(await Array.fromAsync(readLines(cut(text, size))), lines, text);
  }
});

test("a line of no end is refused before it fills the memory", async () => {
  let asked = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536, ++asked === 1 ? "\n" : "x");
    })(),
  );
  await assert.rejects(Array.fromAsync(readLines(endless)), {
    name: "LineError",
    line: 65_537,
    message: /^longer than/,
  });
  assert.ok(asked < 40, `${asked} pieces were read`);
});
