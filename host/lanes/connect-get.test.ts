import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../test/support/random.ts";
import { parseGet } from "./connect-get.ts";

const names = ["encoding", "compression", "base64", "message"];
const pieces = [
  ...names,
  ...["&encoding=json", "&encoding=proto&", "&enco%64ing=js%6Fn&", "&base64=1", "&compression=gzip", "&message=%7B%7D"],
  ...["json", "proto", "gzip", "1", "xml", "&", "&", "&", "=", "=", "=", "+", "%", "%2", "%2B", "%26", "%3d", "%zz"],
  ...["%6d", "%6D", "%65", "%C3%A9", "%E9", "%00", "#", "?", "\u00e9", "a", "'", "/"],
];

test("a query says what URLSearchParams finds in it, whatever there is in it", () => {
  const { pick, below } = createRandom(20_261_129);
  let known = 0;
  for (let round = 0; round < 20_000; round++) {
    // URLSearchParams drops a question mark in front.
    const query = `${pick(names)}${Array.from({ length: below(12) }, () => pick(pieces)).join("")}`;
    const expected = new URLSearchParams(query);
    const { format, compression, isBase64, message } = parseGet(`/a.B/C?${query}`);
    const encoding = expected.get("encoding") ?? "";
    assert.equal(format?.binary, { json: false, proto: true }[encoding], query);
    assert.equal(compression ?? null, expected.get("compression"), query);
    assert.equal(isBase64, expected.get("base64") === "1", query);
    assert.equal(new URLSearchParams(`m=${message}`).get("m"), expected.get("message") ?? "", query);
    if (format) known++;
  }
  assert.ok(known > 100, String(known));
});

test("a path without a query says nothing", () => {
  for (const path of ["/a.B/C", "/a.B/C?", "/a.B/C?&", "/a.B/C?=json"]) {
    assert.deepEqual(parseGet(path), { format: undefined, compression: undefined, isBase64: false, message: "" });
  }
});
