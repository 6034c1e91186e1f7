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
    ["a b c d e f g h i", "has more than 8 restrictions"],
  ] as const) {
    const message = `filter "${filter}" ${problem}`;
    assert.throws(() => parseFilter(filter), { name: "InvalidFieldError", field: "filter", message }, filter);
  }
  assert.throws(() => parseFilter('"a'), { message: 'filter ""a" has a quote without its end' });
});
