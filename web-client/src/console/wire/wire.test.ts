import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMessage, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { compileContract } from "../../../../host/rest/contract.fixture.ts";
import { envelop } from "../../../../protocol/envelope.ts";
import { decodeEnd, decodeFrame } from "./decode-frame.ts";
import { decodeJson } from "./decode-json.ts";
import { decodeMessage } from "./decode-message.ts";
import { jsonRanges } from "./json-ranges.ts";
import { litPaths, parentPath, type Region } from "./region.ts";

const { methods } = compileContract(`
  service Service { rpc Post(All) returns (All) {} }
  enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
  message All {
    double double = 1; float float = 2; int64 int64 = 3; uint64 uint64 = 4; int32 int32 = 5; fixed64 fixed64 = 6;
    fixed32 fixed32 = 7; bool bool = 8; string string = 9; bytes bytes = 10; uint32 uint32 = 11; Color color = 12;
    sfixed32 sfixed32 = 13; sfixed64 sfixed64 = 14; sint32 sint32 = 15; sint64 sint64 = 16;
    repeated string many_texts = 17; repeated int32 packed = 18; repeated int32 loose = 19 [packed = false];
    repeated All list = 20; map<string, int32> counts = 21; map<int32, All> by_id = 22;
    oneof choice { string left = 23; All right = 24; }
    google.protobuf.Timestamp create_time = 25; google.protobuf.Struct object = 26; map<string, Color> colors = 27;
  }
`);
const desc = methods[0]?.input as DescMessage;

const everything: JsonValue = {
  double: 1.5,
  float: -2.5,
  int64: "-9007199254740993",
  uint64: "18446744073709551615",
  int32: -1,
  fixed64: "7",
  fixed32: 7,
  bool: true,
  string: "Ada, Grüße",
  bytes: "AP8=",
  uint32: 300,
  color: "COLOR_RED",
  sfixed32: -7,
  sfixed64: "-7",
  sint32: -3,
  sint64: "-4",
  manyTexts: ["a", "", "c"],
  packed: [1, 300, -1],
  loose: [4, 5],
  list: [{ string: "in" }, { list: [{ int32: 5 }] }],
  counts: { one: 1, "a b": 2 },
  byId: { "7": { string: "seven" } },
  right: { left: "deep" },
  createTime: "2026-11-28T00:00:00.500Z",
  object: { any: ["thing", 1] },
  colors: { sky: "COLOR_RED" },
};

function serialize(json: JsonValue): Uint8Array {
  return toBinary(desc, fromJson(desc, json));
}

function assertCovers(regions: readonly Region[], bytes: Uint8Array, from = 0) {
  let at = from;
  for (const { start, end, label } of regions) {
    assert.equal(start, at, label);
    assert.ok(end > start, label);
    at = end;
  }
  assert.equal(at, bytes.length);
}

/** The value at a path; a map's key is written as a member's name. */
function valueAt(json: JsonValue, path: string): unknown {
  const steps = [...path.matchAll(/\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)];
  return steps.reduce<unknown>(
    (value, [, name, index, quoted]) =>
      (value as Record<string, unknown>)[name ?? index ?? (JSON.parse(quoted ?? '""') as string)],
    json,
  );
}

test("regions cover a message of every kind, and each value has the path of its JSON", () => {
  const bytes = serialize(everything);
  const regions = decodeMessage(desc, bytes);
  assertCovers(regions, bytes);
  assert.ok(!regions.some(({ kind }) => kind === "unknown" || kind === "rest"));
  const json = toJson(desc, fromJson(desc, everything));
  const paths = new Set(
    jsonRanges(JSON.stringify(json))
      .filter(({ hasParts }) => !hasParts)
      .map(({ path }) => path),
  );
  for (const { kind, path, label } of regions) {
    if (kind === "value") assert.ok(path !== undefined && valueAt(json, path) !== undefined, `${label} at ${path}`);
  }
  // And the other way: every value of the JSON lights up bytes.
  const known = new Set(regions.flatMap(({ path }) => path ?? []));
  for (const path of paths) assert.ok(litPaths(path, known).size > 0, path);
});

test("values are said as the contract has them", () => {
  const regions = decodeMessage(desc, serialize(everything));
  const said = Object.fromEntries(
    regions.filter(({ kind }) => kind === "value").map(({ path, value }) => [path, value]),
  );
  assert.equal(said.int64, "-9007199254740993");
  assert.equal(said.uint64, "18446744073709551615");
  assert.equal(said.color, "COLOR_RED (1)");
  assert.equal(said.string, '"Ada, Grüße"');
  assert.equal(said.bytes, "00 ff");
  assert.equal(said["packed[1]"], "300");
  assert.equal(said["loose[1]"], "5");
  assert.equal(said["list[1].list[0].int32"], "5");
  assert.equal(said['counts["a b"]'], "2");
  assert.equal(said['byId["7"].string'], '"seven"');
});

test("fields that the contract does not know are told by their numbers", () => {
  const known = new Uint8Array(serialize({ string: "a" }));
  // Field 100: a varint, a text, 4 bytes, 8 bytes, and a group with one field.
  const unknown = [
    0xa0, 6, 5, 0xa2, 6, 1, 65, 0xa5, 6, 1, 2, 3, 4, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa3, 6, 8, 1, 0xa4, 6,
  ];
  const bytes = new Uint8Array([...known, ...unknown]);
  const regions = decodeMessage(desc, bytes);
  assertCovers(regions, bytes);
  const values = regions.filter(({ kind }) => kind === "unknown").map(({ value }) => value);
  assert.deepEqual(values.slice(0, 4), ["5", '"A"', "01 02 03 04", "01 02 03 04 05 06 07 08"]);
});

test("whatever the bytes, regions cover them, and a fault is told where it is", () => {
  const whole = serialize(everything);
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    assertCovers(decodeMessage(desc, cut), cut);
  }
  let seed = 7;
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: round % 40 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed >> 8;
    });
    assertCovers(decodeMessage(desc, bytes), bytes);
  }
  const [last] = decodeMessage(desc, serialize({ string: "Ada" }).subarray(0, 3)).slice(-1);
  assert.deepEqual([last?.kind, last?.value], ["rest", "cut off"]);
});

test("a large message is decoded as far as anybody reads", () => {
  const bytes = serialize({ packed: Array.from({ length: 50_000 }, (_, n) => n) });
  const regions = decodeMessage(desc, bytes);
  assertCovers(regions, bytes);
  assert.equal(regions.at(-1)?.kind, "rest");
  assert.ok(regions.length < 21_000);
});

test("a JSON body is cut by its values, in bytes, and none is lost", () => {
  const text = ' {"a" : "Grüße", "list": [1, {"b c": null}], "e": {}, "🙂": "x"} ';
  const bytes = new TextEncoder().encode(text);
  const regions = decodeJson(bytes, 5);
  assertCovers(
    regions.map(region => ({ ...region, start: region.start - 5, end: region.end - 5 })),
    bytes,
  );
  const of = (path: string) =>
    regions
      .filter(region => region.path === path)
      .map(({ start, end }) => new TextDecoder().decode(bytes.subarray(start - 5, end - 5)));
  assert.deepEqual(of("a"), ['"a" : "Grüße"']);
  assert.deepEqual(of("list[0]"), ["1"]);
  assert.deepEqual(of('list[1]["b c"]'), ['"b c": null']);
  assert.deepEqual(of('["🙂"]'), ['"🙂": "x"']);
});

test("of a text that is no JSON, or is endlessly deep, what comes before the fault is cut", () => {
  for (const text of ['{"a": 1, "b": tru', "not json", "[".repeat(100_000), '{"a": 1, 2: 3}', '"', ""]) {
    const bytes = new TextEncoder().encode(text);
    assertCovers(decodeJson(bytes), bytes);
  }
  assert.ok(jsonRanges('{"a": 1, "b": ').some(({ path }) => path === "a"));
});

test("envelopes, and the ends of gRPC-Web and Connect, are told", () => {
  const message = envelop(0, serialize({ string: "Ada" }));
  const regions = decodeFrame({ bytes: message, payloadAt: 5, encoding: "proto" }, desc);
  assertCovers(regions, message);
  assert.deepEqual(
    regions.map(({ value }) => value),
    ["0x00: a message", "5 bytes", "length-delimited", "3 bytes", '"Ada"'],
  );
  const web = envelop(0x80, Buffer.from("grpc-status: 5\r\ngrpc-message: no such user\r\n"));
  assertCovers(decodeEnd({ bytes: web }), web);
  assert.deepEqual(
    decodeEnd({ bytes: web }).map(({ label, value }) => [label, value]),
    [
      ["envelope: flags", "0x80: trailers"],
      ["envelope: length", "44 bytes"],
      ["grpc-status", "5"],
      ["grpc-message", "no such user"],
    ],
  );
  const connect = envelop(2, Buffer.from('{"error":{"code":"not_found"}}'));
  assertCovers(decodeEnd({ bytes: connect }), connect);
  assert.deepEqual(decodeEnd({ bytes: new Uint8Array() }), []);
});

test("a path lights up what is within it, or else what it is within", () => {
  const paths = new Set(["user.name", "user.createTime", "userId", "list[1]", "list[10]"]);
  assert.deepEqual([...litPaths("user", paths)], ["user.name", "user.createTime"]);
  assert.deepEqual([...litPaths("user.createTime.seconds", paths)], ["user.createTime"]);
  assert.deepEqual([...litPaths("list[1]", paths)], ["list[1]"]);
  assert.deepEqual([...litPaths("nothing", paths)], []);
  assert.equal(parentPath('a["b.c[0]"]'), "a");
  assert.equal(parentPath("a"), "");
});
