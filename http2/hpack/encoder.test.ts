import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";

/** An encoder whose blocks a decoder reads at once. The rest of its buffer shows what was written past a block. */
class Pair {
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder({ maxListSize: 2 ** 20, maxFields: 10_000 });

  /** The block of lists and single fields in turn. */
  encode(...parts: readonly (readonly string[] | { readonly name: string; readonly value: string })[]): Buffer {
    const into = Buffer.alloc(64 * 1024, 0xaa);
    let offset = 7;
    for (const part of parts) {
      const before = offset;
      if ("name" in part) offset = this.encoder.encodeField(part.name, part.value, into, offset);
      else {
        offset = this.encoder.encode(part, into, offset);
        assert.ok(offset - before <= this.encoder.maxLength(part));
      }
    }
    assert.ok(into.subarray(0, 7).every(octet => octet === 0xaa));
    assert.ok(into.subarray(offset).every(octet => octet === 0xaa));
    return into.subarray(7, offset);
  }

  /** The hex digits of a block, which the decoder reads as the fields it is made of. */
  check(...parts: readonly (readonly string[] | { readonly name: string; readonly value: string })[]): string {
    const block = this.encode(...parts);
    const fields = parts.flatMap(part => ("name" in part ? [part.name, part.value] : part));
    assert.deepEqual(this.decoder.decode(block).fields, fields);
    return block.toString("hex");
  }
}

const head = Object.freeze([":status", "200", "content-type", "application/grpc", "x-by", "me"]);

describe("a frozen list", () => {
  test("is put into the table once, and is an octet a field from then on", () => {
    const pair = new Pair();
    assert.equal(pair.check(head), `885f10${Buffer.from("application/grpc").toString("hex")}4004782d6279026d65`);
    assert.equal(pair.check(head), "88bfbe");
    assert.equal(pair.check(head), "88bfbe");
  });

  test("shares its entries with other lists", () => {
    const pair = new Pair();
    pair.check(head);
    const other = Object.freeze([":status", "404", "x-by", "me", "content-type", "application/json"]);
    assert.equal(pair.check(other), `8dbe5f10${Buffer.from("application/json").toString("hex")}`);
    assert.equal(pair.check(other), "8dbfbe");
    assert.equal(pair.check(head), "88c0bf");
  });

  test("has its secrets as literals that are never indexed", () => {
    const pair = new Pair();
    for (const name of ["authorization", "proxy-authorization", "cookie", "set-cookie"]) {
      const list = Object.freeze([name, "secret"]);
      const first = pair.check(list);
      assert.match(first, /^1f/);
      assert.equal(pair.check(list), first);
    }
  });

  test("is found by its identity, and another alike by its fields", () => {
    const pair = new Pair();
    pair.check(head);
    assert.equal(pair.check(Object.freeze([...head])), "88bfbe");
  });

  test("may be one of many", () => {
    const pair = new Pair();
    const lists = Array.from({ length: 200 }, (_, n) => Object.freeze([":path", `/${n}`, "te", "trailers"]));
    for (let round = 0; round < 3; round++) for (const list of lists) pair.check(list);
  });

  test("whose plan was let go finds its entries", () => {
    const pair = new Pair();
    const others = ["a", "b", "c"].map(value => Object.freeze([":status", "200", "x-by", value]));
    const all = [head, ...others];
    for (const list of all) pair.check(list);
    const short = all.map(list => pair.check(list));
    pair.encoder.forgetPlans();
    assert.deepEqual(
      all.map(list => pair.check(list)),
      short,
    );
  });

  test("takes no more of the table than the table has", () => {
    const pair = new Pair();
    pair.check(Object.freeze(["a", "x".repeat(2000)]));
    pair.check(Object.freeze(["b", "x".repeat(2000)]));
    const late = Object.freeze(["c", "late"]);
    assert.equal(pair.check(late), pair.check(late));
    // What was there stays: nothing is evicted.
    assert.equal(pair.check(Object.freeze(["a", "x".repeat(2000)])), "bf");
    // An entry larger than the table would empty it.
    pair.check(Object.freeze(["d", "x".repeat(5000)]));
    assert.equal(pair.check(Object.freeze(["b", "x".repeat(2000)])), "be");
  });

  test("keeps every index in one octet", () => {
    const pair = new Pair();
    const lists = Array.from({ length: 80 }, (_, n) => Object.freeze([`n${n}`, ""]));
    for (const list of lists) pair.check(list);
    for (const [n, list] of lists.entries()) assert.equal(pair.check(list).length === 2, n < 65, String(n));
  });
});

describe("a field of one message", () => {
  test("is a literal that is not indexed, with a static name where there is one", () => {
    const pair = new Pair();
    assert.equal(pair.check(["grpc-status", "5"]), `000b${Buffer.from("grpc-status").toString("hex")}0135`);
    assert.equal(pair.check(["content-type", "a"]), "0f100161");
    assert.equal(pair.check(["content-type", "a"]), "0f100161");
  });

  test("is an octet where the static table has it whole", () => {
    const pair = new Pair();
    const fields = [":status", "404", ":path", "/index.html", ":method", "POST", ":scheme", "https"];
    assert.equal(pair.check(fields), "8d858387");
    assert.equal(pair.check(["accept-encoding", "gzip, deflate"]), "90");
    assert.equal(pair.check([":path", "/other"]), "04062f6f74686572");
  });

  test("is never indexed if it is a secret", () => {
    const pair = new Pair();
    assert.equal(pair.check({ name: "authorization", value: "b" }), "1f080162");
    assert.equal(pair.check({ name: "cookie", value: "b" }), "1f110162");
  });

  test("has its name indexed where that changes with each message", () => {
    const pair = new Pair();
    const name = Buffer.from("x-request-id").toString("hex");
    assert.equal(pair.check({ name: "x-request-id", value: "1" }), `400c${name}0131`);
    assert.equal(pair.check({ name: "x-request-id", value: "2" }), "0f2f0132");
    pair.check(head);
    assert.equal(pair.check(head, { name: "x-request-id", value: "3" }), "88bfbe0f310133");
  });

  test("may be long, and hold any octet", () => {
    const pair = new Pair();
    for (const length of [126, 127, 128, 254, 255, 256, 16_510, 16_511, 20_000]) {
      pair.check({ name: "x".repeat(length), value: "\xff\x80".repeat(length / 2) });
    }
  });
});

describe("the peer's table size", () => {
  test("below 4,096 is told in front of the next block, and the table is left alone", () => {
    const pair = new Pair();
    pair.check(head, { name: "x-request-id", value: "0" });
    pair.encoder.setPeerTableSize(4095);
    assert.match(pair.check(["te", "x"]), /^20/);
    assert.equal(pair.check(head), pair.check(head));
    assert.match(pair.check({ name: "x-request-id", value: "1" }), /^000c/);
    assert.match(pair.check({ name: "x-request-id", value: "1" }), /^000c/);
  });

  test("is told in front of a block that is one frozen list, or one field", () => {
    const pair = new Pair();
    pair.check(head);
    pair.encoder.setPeerTableSize(0);
    assert.match(pair.check(head), /^2088/);
    pair.encoder.setPeerTableSize(4096);
    assert.match(pair.check({ name: ":status", value: "200" }), /^3fe11f88$/);
  });

  test("that comes back is told as the lowest and the last", () => {
    const pair = new Pair();
    pair.check(head);
    pair.encoder.setPeerTableSize(0);
    pair.encoder.setPeerTableSize(65_536);
    assert.match(pair.check(head), /^203fe11f88/);
    assert.equal(pair.check(head), "88bfbe");
    pair.encoder.setPeerTableSize(0);
    pair.encoder.setPeerTableSize(8192);
    pair.encoder.setPeerTableSize(1);
    assert.match(pair.check(head), /^2088/);
  });

  test("above 4,096 is not used up, and tells nothing", () => {
    const pair = new Pair();
    pair.encoder.setPeerTableSize(2 ** 32 - 1);
    assert.match(pair.check(head), /^885f/);
    for (let n = 0; n < 60; n++) pair.check(Object.freeze([`n${n}`, "x".repeat(100)]));
  });
});
