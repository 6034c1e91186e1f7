import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HpackDecoder } from "./decoder.ts";
import { HpackError } from "./hpack-error.ts";
import { writeInteger } from "./integers.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** What the dynamic table holds, newest first: the only way to see it is to ask for each index. */
function tableOf(decoder: HpackDecoder, count: number): string[] {
  const indices = Array.from({ length: count }, (_, n) => 0x80 | (62 + n));
  assert.throws(() => decoder.decode(Buffer.from([...indices, 0x80 | (62 + count)])), HpackError);
  return lines(decoder.decode(Buffer.from(indices)).fields);
}

function lines(fields: readonly string[]): string[] {
  return Array.from({ length: fields.length / 2 }, (_, n) => `${fields[2 * n]}: ${fields[2 * n + 1]}`);
}

/** RFC 7541 appendix C: the blocks of one connection, what they say, and the table after each. */
interface Example {
  readonly title: string;
  readonly tableSize?: number;
  readonly blocks: readonly { readonly hex: string; readonly fields: string; readonly table: string }[];
}

const get1 = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com";
const get2 = `${get1}\ncache-control: no-cache`;
const get3 = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value";
const requestTables = [
  ":authority: www.example.com",
  "cache-control: no-cache\n:authority: www.example.com",
  "custom-key: custom-value\ncache-control: no-cache\n:authority: www.example.com",
];
const dated = (second: number) => `date: Mon, 21 Oct 2013 20:13:2${second} GMT`;
const location = "location: https://www.example.com";
const cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const responses = [
  `:status: 302\ncache-control: private\n${dated(1)}\n${location}`,
  `:status: 307\ncache-control: private\n${dated(1)}\n${location}`,
  `:status: 200\ncache-control: private\n${dated(2)}\n${location}\ncontent-encoding: gzip\n${cookie}`,
];
const responseTables = [
  `${location}\n${dated(1)}\ncache-control: private\n:status: 302`,
  `:status: 307\n${location}\n${dated(1)}\ncache-control: private`,
  `${cookie}\ncontent-encoding: gzip\n${dated(2)}`,
];

function series(title: string, fields: readonly string[], tables: readonly string[], blocks: readonly string[]) {
  return blocks.map((hex, n) => ({ title, hex, fields: fields[n] as string, table: tables[n] as string }));
}

const examples: readonly Example[] = [
  {
    title: "C.2.1, a literal with indexing",
    blocks: [
      {
        hex: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
        fields: "custom-key: custom-header",
        table: "custom-key: custom-header",
      },
    ],
  },
  {
    title: "C.2.2, a literal without indexing",
    blocks: [{ hex: "040c 2f73 616d 706c 652f 7061 7468", fields: ":path: /sample/path", table: "" }],
  },
  {
    title: "C.2.3, a literal never indexed",
    blocks: [{ hex: "1008 7061 7373 776f 7264 0673 6563 7265 74", fields: "password: secret", table: "" }],
  },
  { title: "C.2.4, an indexed field", blocks: [{ hex: "82", fields: ":method: GET", table: "" }] },
  {
    title: "C.3, requests without Huffman coding",
    blocks: series("C.3", [get1, get2, get3], requestTables, [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ]),
  },
  {
    title: "C.4, requests with Huffman coding",
    blocks: series("C.4", [get1, get2, get3], requestTables, [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ]),
  },
  {
    title: "C.5, responses without Huffman coding, in a table of 256 bytes",
    tableSize: 256,
    blocks: series("C.5", responses, responseTables, [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e
       1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      "4803 3330 37c1 c0bf",
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d
       4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572
       7369 6f6e 3d31`,
    ]),
  },
  {
    title: "C.6, responses with Huffman coding, in a table of 256 bytes",
    tableSize: 256,
    blocks: series("C.6", responses, responseTables, [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b
       97c8 e9ae 82ae 43d3`,
      "4883 640e ffc1 c0bf",
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf
       cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ]),
  },
];

describe("the examples of RFC 7541 appendix C are decoded as they say", () => {
  for (const { title, tableSize = 4096, blocks } of examples) {
    test(title, () => {
      const decoder = new HpackDecoder({ tableSize });
      for (const { hex: text, fields, table } of blocks) {
        assert.equal(lines(decoder.decode(hex(text.replaceAll(/\s/g, ""))).fields).join("\n"), fields);
        const entries = table === "" ? [] : table.split("\n");
        assert.deepEqual(tableOf(decoder, entries.length), entries);
      }
    });
  }
});

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

/** A literal whose value is of `length` octets. */
function literal(name: string, length: number, flags = 0): Buffer {
  const head = Buffer.alloc(16);
  let offset = writeInteger(head, 0, flags, 0x0f, 0);
  offset = writeInteger(head, offset, 0, 0x7f, name.length);
  offset += head.write(name, offset, "latin1");
  offset = writeInteger(head, offset, 0, 0x7f, length);
  return Buffer.concat([head.subarray(0, offset), Buffer.alloc(length, "x")]);
}

describe("blocks that repeat are decoded once", () => {
  const first = "400161 0162";

  test("the same bytes give the same frozen object, with what was put beside it", () => {
    const decoder = new HpackDecoder();
    const block = decoder.decode(hex("82 86"));
    block.head = "seen";
    const again = decoder.decode(hex("82 86"));
    assert.equal(again, block);
    assert.equal(again.head, "seen");
    assert.ok(Object.isFrozen(block.fields));
    assert.notEqual(decoder.decode(hex("82 87")), block);
    assert.notEqual(decoder.decode(hex("82")), block);
  });

  test("the bytes that were decoded may be overwritten", () => {
    const decoder = new HpackDecoder();
    const bytes = hex("82 86");
    decoder.decode(bytes);
    bytes[0] = 0x83;
    assert.deepEqual(decoder.decode(bytes).fields.slice(0, 2), [":method", "POST"]);
    assert.deepEqual(decoder.decode(hex("82 86")).fields.slice(0, 2), [":method", "GET"]);
  });

  test("a changed table forgets them, as indices name other fields", () => {
    const decoder = new HpackDecoder();
    decoder.decode(hex(first));
    assert.deepEqual(decoder.decode(hex("be")).fields, ["a", "b"]);
    assert.deepEqual(decoder.decode(hex("be")).fields, ["a", "b"]);
    decoder.decode(hex("400163 0164"));
    assert.deepEqual(decoder.decode(hex("be")).fields, ["c", "d"]);
    decoder.decode(hex("20"));
    assert.throws(() => decoder.decode(hex("be")), HpackError);
  });

  test("a block that inserts is decoded each time", () => {
    const decoder = new HpackDecoder();
    decoder.decode(hex(first));
    decoder.decode(hex(first));
    assert.deepEqual(tableOf(decoder, 2), ["a: b", "a: b"]);
  });

  test("fields never indexed, lists above a limit and blocks above 512 octets are not kept", () => {
    const decoder = new HpackDecoder({ maxFields: 1 });
    const long = literal("a", 507);
    for (const block of [hex("1001 61 0162"), hex("82 86"), long]) {
      assert.notEqual(decoder.decode(block), decoder.decode(block));
    }
    assert.equal(decoder.decode(literal("a", 506)), decoder.decode(literal("a", 506)));
  });

  test("the eight kept last are found", () => {
    const decoder = new HpackDecoder();
    const blocks = Array.from({ length: 9 }, (_, n) => hex(`0001 61 01 ${(0x61 + n).toString(16)}`));
    const decoded = blocks.map(block => decoder.decode(block));
    for (let n = 8; n > 0; n--) assert.equal(decoder.decode(blocks[n] as Buffer), decoded[n]);
    assert.notEqual(decoder.decode(blocks[0] as Buffer), decoded[0]);
  });

  test("a connection whose blocks all differ stops to look after 32", () => {
    const decoder = new HpackDecoder();
    const block = (n: number) => hex(`0001 61 02 ${(0x6161 + n).toString(16)}`);
    for (let n = 0; n < 31; n++) decoder.decode(block(n));
    assert.equal(decoder.decode(block(30)), decoder.decode(block(30)));
    for (let n = 40; n < 72; n++) decoder.decode(block(n));
    assert.notEqual(decoder.decode(block(71)), decoder.decode(block(71)));
  });
});
