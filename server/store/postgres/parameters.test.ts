import assert from "node:assert/strict";
import { test } from "node:test";
import { toText } from "./parameters.ts";

test("what is single is as it is, and nothing is NULL", () => {
  assert.equal(toText("a\"b\\c'd"), "a\"b\\c'd");
  assert.equal(toText(-7), "-7");
  assert.equal(toText(2n ** 62n), "4611686018427387904");
  assert.equal(toText(new Uint8Array([0, 255])), "\\x00ff");
  assert.equal(toText(null), null);
  assert.equal(toText(undefined), null);
});

test("in a list all text is quoted, so that no text has a meaning", () => {
  assert.equal(toText([]), "{}");
  assert.equal(toText(["", " a", "NULL", "{b,c}", 'd"e', "f\\g"]), '{""," a","NULL","{b,c}","d\\"e","f\\\\g"}');
  assert.equal(toText([1, null, 3n, undefined]), "{1,NULL,3,NULL}");
  assert.equal(toText([new Uint8Array([1]), null, new Uint8Array()]), '{"\\\\x01",NULL,"\\\\x"}');
});
