import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hex, lines, tableOf } from "./decoder.fixture.ts";
import { HpackDecoder } from "./decoder.ts";

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
