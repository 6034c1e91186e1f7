import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hex, literal, tableOf } from "./decoder.fixture.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackError } from "./hpack-error.ts";

describe("what no correct encoder writes is a compression error", () => {
  const cases: readonly (readonly [title: string, block: string, message: RegExp])[] = [
    ["a size update behind a field", "82 20", /behind a field/],
    ["a third size update", "20 3f e1 1f 20", /more than two/],
    ["a size above what was announced", "3f e2 1f", /4097 is above 4096/],
    ["index 0 of an indexed field", "80", /index 0/],
    ["an index beyond both tables", "be", /index 62 is beyond/],
    ["a name's index beyond both tables", "7e 01 61", /index 62 is beyond/],
    ["an indexed field far beyond", "ff ff ff ff 7f", /is beyond/],
    ["an integer of six octets", "ff 80 80 80 80 00", /more than 5 octets/],
    ["an integer cut short", "ff 80", /ends within an integer/],
    ["a literal without its value", "00 01 61", /where an integer is due/],
    ["a literal without anything", "40", /where an integer is due/],
    ["a string longer than the block", "00 02 61", /longer than its field block/],
    ["a value longer than the block", "04 7f 81 01 61", /longer than its field block/],
    ["a Huffman string with EOS", "00 84 ff ff ff ff 00", /EOS/],
    ["EOS behind a symbol", "00 85 1f ff ff ff ff 00", /EOS/],
    ["eight bits of padding", "00 82 1f ff 00", /padding/],
    ["padding of eight ones alone", "00 81 ff 00", /padding/],
    ["padding that is not all ones", "00 81 18 00", /padding/],
  ];
  for (const [title, block, message] of cases) {
    test(title, () => {
      const decoder = new HpackDecoder();
      assert.throws(() => decoder.decode(hex(block)), { name: "HpackError", message });
    });
  }

  test("every way to cut a block short is an error or a shorter list", () => {
    const block = hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");
    for (let length = 0; length < block.length; length++) {
      const decoder = new HpackDecoder();
      decoder.decode(hex("400161 0162 400163 0164"));
      // Up to the fourth octet each is a field of its own.
      if (length <= 4) assert.equal(decoder.decode(block.subarray(0, length)).fields.length, 2 * length);
      else assert.throws(() => decoder.decode(block.subarray(0, length)), HpackError);
    }
  });
});

describe("what is allowed, if seldom seen, is decoded", () => {
  test("two size updates in front, and none of them counts as a field", () => {
    const decoder = new HpackDecoder();
    decoder.decode(hex("400161 0162"));
    assert.deepEqual(decoder.decode(hex("20 3f e1 1f 82")).fields, [":method", "GET"]);
    assert.throws(() => decoder.decode(hex("be")), /beyond/);
  });

  test("an integer with leading zeros", () => {
    assert.deepEqual(new HpackDecoder().decode(hex("1f 80 80 00 01 61")).fields, ["accept-charset", "a"]);
  });

  test("an empty block, an empty value and octets above ASCII", () => {
    const decoder = new HpackDecoder();
    assert.deepEqual(decoder.decode(hex("")).fields, []);
    assert.deepEqual(decoder.decode(hex("0001 6100")).fields, ["a", ""]);
    assert.deepEqual(decoder.decode(hex("0001 6102 c3bc")).fields, ["a", "\xc3\xbc"]);
    assert.deepEqual(decoder.decode(hex("0001 6180")).fields, ["a", ""]);
  });

  test("an insertion that names the entry it evicts", () => {
    const decoder = new HpackDecoder({ tableSize: 64 });
    decoder.decode(hex("40 04 6e616d65 04 6f6e6531"));
    assert.deepEqual(decoder.decode(hex("7e 04 74776f32")).fields, ["name", "two2"]);
    assert.deepEqual(tableOf(decoder, 1), ["name: two2"]);
  });

  test("an insertion larger than the table, which empties it", () => {
    const decoder = new HpackDecoder({ tableSize: 40 });
    decoder.decode(hex("400161 0162"));
    decoder.decode(hex("400561616161 61 0462626262"));
    assert.deepEqual(tableOf(decoder, 0), []);
  });
});

describe("a list above a limit is decoded for the table's sake alone", () => {
  const name = (n: number) => `0004 ${Buffer.from(String(1000 + n)).toString("hex")} 00`;
  const many = (count: number) => Array.from({ length: count }, (_, n) => name(n)).join("");
  const crumb = "0f11 01 61";
  const cases: readonly (readonly [title: string, within: string, above: string, far: string])[] = [
    ["fields", many(64), many(65), many(257)],
    ["crumbs of a cookie", crumb.repeat(128), crumb.repeat(129), crumb.repeat(513)],
  ];
  for (const [title, within, above, far] of cases) {
    test(title, () => {
      const decoder = new HpackDecoder();
      const full = decoder.decode(hex(within));
      assert.deepEqual([full.tooLarge, full.farTooLarge], [false, false]);
      assert.ok(full.fields.length >= 128);
      const large = decoder.decode(hex(`${above} 400161 0162`));
      assert.deepEqual([large.fields, large.tooLarge, large.farTooLarge], [[], true, false]);
      assert.deepEqual(tableOf(decoder, 1), ["a: b"]);
      const huge = decoder.decode(hex(far));
      assert.deepEqual([huge.fields, huge.tooLarge, huge.farTooLarge], [[], true, true]);
    });
  }

  test("crumbs are no fields", () => {
    assert.equal(new HpackDecoder().decode(hex(many(64) + crumb.repeat(128))).tooLarge, false);
  });

  test("bytes: name, value and 32 a field", () => {
    const sized = (bytes: number) => new HpackDecoder({ maxListSize: 1000 }).decode(literal("a", bytes - 33));
    assert.equal(sized(1000).tooLarge, false);
    assert.equal(sized(1001).tooLarge, true);
    assert.equal(sized(4000).farTooLarge, false);
    assert.equal(sized(4001).farTooLarge, true);
  });

  test("a bomb of indices is read no further than four times the limit", () => {
    const decoder = new HpackDecoder();
    decoder.decode(literal("a", 3967, 0x40));
    // An octet for each 4,000: 17 of them are above 64 KiB. Behind them stands what would be an error, were it read.
    assert.equal(decoder.decode(Buffer.concat([Buffer.alloc(17, 0x80 | 62), hex("80")])).farTooLarge, true);
    assert.throws(() => decoder.decode(Buffer.concat([Buffer.alloc(16, 0x80 | 62), hex("80")])), HpackError);
  });
});
