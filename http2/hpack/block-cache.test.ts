import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hex, literal, tableOf } from "./decoder.fixture.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackError } from "./hpack-error.ts";

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

  test("blocks that were let go are decoded anew, and kept again", () => {
    const decoder = new HpackDecoder();
    decoder.decode(hex(first));
    const block = decoder.decode(hex("be 82"));
    for (let n = 0; n < 40; n++) decoder.decode(literal("a", n));
    decoder.forgetBlocks();
    const again = decoder.decode(hex("be 82"));
    assert.notEqual(again, block);
    assert.deepEqual(again.fields, block.fields);
    assert.equal(decoder.decode(hex("be 82")), again);
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
