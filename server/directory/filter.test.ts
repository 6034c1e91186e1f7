import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "./filter.ts";

test("restrictions are joined by AND or by a space", () => {
  const none = { role: undefined, name: [], email: [], text: [] };
  assert.deepEqual(parseFilter(""), none);
  assert.deepEqual(parseFilter("  role=ADMIN "), { ...none, role: "admin" });
  assert.deepEqual(parseFilter('role = "editor" AND name:"ali b" email:@x.y smith'), {
    role: "editor",
    name: ["ali b"],
    email: ["@x.y"],
    text: ["smith"],
  });
  assert.deepEqual(parseFilter('"AND" "a\\"b"'), { ...none, text: ["AND", 'a"b'] });
  assert.deepEqual(parseFilter("role = ROLE_VIEWER"), { ...none, role: "viewer" });
});

test("a star alone says that there is a value, and one in quotes is a star", () => {
  const none = { role: undefined, name: [], email: [], text: [] };
  assert.deepEqual(parseFilter("name:* AND email:*"), none);
  assert.deepEqual(parseFilter('name:"a*" email:"*" "*"'), { ...none, name: ["a*"], email: ["*"], text: ["*"] });
});

test("what is not understood is named", () => {
  for (const [filter, problem] of [
    ["role = king", 'has role "king": viewer, editor and admin are understood'],
    ["role = admin role = viewer", "has two roles, and no user has both"],
    ["age = 3", 'has "age =": role =, name: and email: are understood'],
    ["name = ann", 'has "name =": role =, name: and email: are understood'],
    ["name:", 'has no value after "name"'],
    [": x", 'has ":" without a field before it'],
    ["a AND", "ends with AND"],
    ["AND a", 'has "AND": only restrictions joined by AND are understood'],
    ["a OR b", 'has "OR": only restrictions joined by AND are understood'],
    ["(a)", 'has "(a)": only restrictions joined by AND are understood'],
    ['name:""', "has an empty text"],
    ["name:a*", 'has "a*": wildcards are not understood, a star that is meant is put in quotes'],
    ["email:*@x.y", 'has "*@x.y": wildcards are not understood, a star that is meant is put in quotes'],
    ["*", 'has "*": wildcards are not understood, a star that is meant is put in quotes'],
    ["a b c d e f g h i", "has more than 8 restrictions"],
  ] as const) {
    const message = `filter "${filter}" ${problem}`;
    assert.throws(() => parseFilter(filter), { name: "InvalidFieldError", field: "filter", message }, filter);
  }
  assert.throws(() => parseFilter('"a\0"'), { field: "filter", message: "filter holds the character U+0000" });
  assert.throws(() => parseFilter('"a'), { message: 'filter ""a" has a quote without its end' });
});
