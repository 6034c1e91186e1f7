import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isAuthority,
  isFieldValue,
  isLowerToken,
  isPrintable,
  isToken,
  isVisible,
  parseLength,
} from "./field-syntax.ts";

const characters = Array.from({ length: 0x120 }, (_, code) => String.fromCharCode(code));

/** The rules again, as regular expressions. */
const rules: readonly (readonly [check: (text: string) => boolean, rule: RegExp])[] = [
  [isToken, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/],
  [isLowerToken, /^[!#$%&'*+\-.^_`|~0-9a-z]+$/],
  [isFieldValue, /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/],
  [isPrintable, /^[\x20-\x7e]*$/],
  [isVisible, /^[\x21-\x7e]+$/],
  [isAuthority, /^[A-Za-z0-9._~!$&'()*+,;=:%[\]-]+$/],
];

for (const [check, rule] of rules) {
  test(`${check.name} holds each character to its rule, first, last, between and alone`, () => {
    assert.equal(check(""), rule.test(""));
    for (const character of characters) {
      for (const text of [character, `${character}a`, `a${character}`, `a${character}a`, `a${character}${character}`]) {
        assert.equal(check(text), rule.test(text), JSON.stringify(text));
      }
    }
  });
}

test("a length has 1 to 15 digits and nothing else", () => {
  assert.equal(parseLength("0"), 0);
  assert.equal(parseLength("007"), 7);
  assert.equal(parseLength("999999999999999"), 999_999_999_999_999);
  for (const text of ["", "1000000000000000", "+1", "-1", "1 ", " 1", "1,1", "0x1", "1e3", "1.0", "१", "a"]) {
    assert.equal(parseLength(text), -1, text);
  }
});
