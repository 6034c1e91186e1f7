import assert from "node:assert/strict";
import { test } from "node:test";
import { huffmanDecode, mostDecoded } from "./huffman.ts";
import { endOfString, huffmanCodes } from "./huffman-codes.ts";

const codes = new Map(huffmanCodes().map(code => [code.symbol, code]));

function bitsOf(symbol: number): string {
  const { bits, length } = codes.get(symbol) as { bits: number; length: number };
  return bits.toString(2).padStart(length, "0");
}

function bytesOf(bits: string): Uint8Array {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  return Uint8Array.from({ length: padded.length / 8 }, (_, n) => Number.parseInt(padded.slice(8 * n, 8 * n + 8), 2));
}

function decoded(bytes: Uint8Array): number[] {
  const into = new Uint8Array(mostDecoded(bytes.length) + 1);
  return [...into.subarray(0, huffmanDecode(bytes, 0, bytes.length, into))];
}

test("codes are those of RFC 7541 appendix B", () => {
  // The first and the last of several lengths, and those that the text itself names.
  const listed: readonly (readonly [symbol: number, hex: number, length: number])[] = [
    [48, 0x0, 5],
    [116, 0x9, 5],
    [32, 0x14, 6],
    [117, 0x2d, 6],
    [58, 0x5c, 7],
    [122, 0x7b, 7],
    [38, 0xf8, 8],
    [88, 0xfc, 8],
    [33, 0x3f8, 10],
    [0, 0x1ff8, 13],
    [92, 0x7fff0, 19],
    [1, 0x7fffd8, 23],
    [220, 0xffffffd, 28],
    [249, 0xffffffe, 28],
    [10, 0x3ffffffc, 30],
    [22, 0x3ffffffe, 30],
    [endOfString, 0x3fffffff, 30],
  ];
  for (const [symbol, bits, length] of listed) assert.deepEqual(codes.get(symbol), { symbol, bits, length });
});

test("no code is the beginning of another, and together they use up every bit", () => {
  const sorted = [...codes.keys()].map(bitsOf).sort();
  for (const [n, bits] of sorted.entries()) assert.ok(n === 0 || !bits.startsWith(sorted[n - 1] as string));
  assert.equal(
    sorted.reduce((sum, bits) => sum + 2 ** -bits.length, 0),
    1,
  );
});

test("every pair of octets is decoded, at each place of its bits", () => {
  for (let first = 0; first < 256; first++) {
    for (const second of [48, 97, first, 255 - first, 10, 249]) {
      for (let before = 0; before < 8; before++) {
        // "0" has five bits: as many of them move what follows to each place within an octet.
        const symbols = [...new Array<number>(before).fill(48), first, second];
        assert.deepEqual(decoded(bytesOf(symbols.map(bitsOf).join(""))), symbols);
      }
    }
  }
});

test("a string ends behind a code, or behind up to seven ones", () => {
  for (let symbol = 0; symbol < 256; symbol++) {
    const bits = bitsOf(symbol);
    const bytes = bytesOf(bits);
    assert.deepEqual(decoded(bytes), [symbol]);
    const padding = bytes.length * 8 - bits.length;
    assert.throws(() => decoded(Uint8Array.of(...bytes, 0xff)), /padding|EOS/);
    for (let wrong = 0; wrong < padding; wrong++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bytes.length - 1] = (flipped.at(-1) as number) ^ (1 << wrong);
      // With a bit of it changed, what was padding is the beginning of a code, or a code.
      assert.ok(outcome(flipped) !== String([symbol]), `${symbol} with padding bit ${wrong} flipped`);
    }
  }
});

test("EOS is refused wherever it stands", () => {
  for (let before = 0; before < 8; before++) {
    const bytes = bytesOf("00000".repeat(before) + bitsOf(endOfString) + bitsOf(97));
    assert.throws(() => decoded(bytes), { name: "HpackError", message: /EOS/ });
  }
});

function outcome(bytes: Uint8Array): string {
  try {
    return String(decoded(bytes));
  } catch (error) {
    return String(error);
  }
}
