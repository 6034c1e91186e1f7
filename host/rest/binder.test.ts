import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { DescService, JsonValue } from "@bufbuild/protobuf";
import { compileEverything, createAsk, refusal } from "./ask.fixture.ts";

let everything: DescService;
before(() => {
  everything = compileEverything();
});

test("a path gives fields of every type that one text can be", () => {
  const ask = createAsk(everything);
  assert.deepEqual(ask("GET /v1/get/a%20b/-5/COLOR_RED/2026-01-02T03:04:05Z/true"), [
    "GetPath",
    { inner: { text: "a b" }, number: -5, color: "COLOR_RED", time: "2026-01-02T03:04:05Z", flag: true },
  ]);
  assert.throws(() => ask("GET /v1/get/a/b/0/2026-01-02T03:04:05Z/true"), refusal(/number "b" is not an integer/));
  assert.throws(() => ask("GET /v1/get/%/1/0/2026-01-02T03:04:05Z/true"), refusal(/inner\.text: each % of the path/));
  assert.throws(
    () => ask("GET /v1/get/a/1/0/2026-01-02T03:04:05Z/true?number=1"),
    refusal(/"number" is given by the path/),
  );
});

test("a field comes from one place alone", () => {
  const ask = createAsk(everything);
  assert.deepEqual(ask("POST /v1/post/a", { number: 1, inner: { inner: { text: "b" } } }), [
    "Post",
    { number: 1, inner: { text: "a", inner: { text: "b" } } },
  ]);
  assert.deepEqual(ask("POST /v1/post/a"), ["Post", { inner: { text: "a" } }]);
  assert.deepEqual(ask("POST /v1/post/a", { inner: null }), ["Post", { inner: { text: "a" } }]);
  for (const text of ["a", "b", "", null]) {
    assert.throws(
      () => ask("POST /v1/post/a", { inner: { text } }),
      refusal(/inner\.text is given by the path, and once more/),
    );
  }
  assert.throws(() => ask("POST /v1/post/a", { inner: 5 }), refusal(/inner must be a JSON object/));
  assert.throws(() => ask("POST /v1/post/a", []), refusal(/the body must be a JSON object/));
  assert.throws(() => ask("POST /v1/post/a?number=1", {}), refusal(/"number": all fields are given by the body/));
  assert.throws(() => ask("POST /v1/post/a", { number: "x" }), refusal(/number/));
  assert.deepEqual(ask("PUT /v1/put?text=a", ["x", "y"]), ["Put", { text: "a", texts: ["x", "y"] }]);
  assert.throws(() => ask("PUT /v1/put?texts=a", ["x"]), refusal(/"texts" is given by the body/));
});

test("the keys of a partial resource are its mask", () => {
  const ask = createAsk(everything);
  const maskOf = (body: JsonValue, query = "") => {
    const [, json] = ask(`PATCH /v1/patch/a${query}`, body) as [string, { updateMask?: string }];
    return json.updateMask;
  };
  assert.equal(maskOf({ note: "b" }), "note");
  assert.equal(maskOf({ note: null, longName: "x", etag: "e" }), "note,longName");
  assert.equal(maskOf({ long_name: "x" }), "longName");
  assert.equal(maskOf({ inner: { text: "x", inner: { text: "y" } }, tags: [] }), "inner.text,inner.inner.text,tags");
  assert.equal(maskOf({ inner: {} }), "inner");
  assert.equal(maskOf({ pairs: { a: 1, b: 2 }, time: null, tags: ["a", "b"] }), "pairs,time,tags");
  assert.equal(maskOf({ any: null }), "any");
  assert.equal(maskOf({}), "");
  assert.equal(maskOf({ note: "b" }, "?update_mask=longName"), "longName");
  assert.equal(maskOf({ note: "b" }, "?updateMask=*"), "*");
  assert.equal(maskOf({ note: "b" }, "?flag=true"), "note");
  assert.throws(() => maskOf({ nite: "b" }), refusal(/thing has no field "nite"/));
  assert.throws(() => maskOf({ inner: { nothing: 1 } }), refusal(/thing\.inner has no field "nothing"/));
});
