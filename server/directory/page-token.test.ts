import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createPageTokens } from "./page-token.ts";

const key = randomBytes(32);
const refusal = { name: "InvalidFieldError", field: "page_token", reason: "INVALID_PAGE_TOKEN" };

test("a token opens where it was sealed, in any process with the key", () => {
  const cursor = { key: "ä".repeat(200), id: 7 };
  const token = createPageTokens(key).seal(cursor, ["a", true]);
  assert.match(token, /^[\w-]{1,4096}$/);
  assert.deepEqual(createPageTokens(key).open(token, ["a", true]), cursor);
});

test("a token that is forged, foreign, cut, or given for other arguments is refused", () => {
  const tokens = createPageTokens(key);
  const token = tokens.seal({ key: 7, id: 7 }, ["a"]);
  assert.throws(() => tokens.open(token, ["b"]), refusal);
  assert.throws(() => createPageTokens(randomBytes(32)).open(token, ["a"]), refusal);
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "A" ? "B" : "A";
    assert.throws(() => tokens.open(token.slice(0, at) + other + token.slice(at + 1), ["a"]), refusal);
    assert.throws(() => tokens.open(token.slice(0, at), ["a"]), refusal);
  }
  assert.throws(() => tokens.open(`${token}=`, ["a"]), refusal);
  assert.throws(() => tokens.open(` ${token}`, ["a"]), refusal);
});
