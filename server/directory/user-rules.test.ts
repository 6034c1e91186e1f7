import assert from "node:assert/strict";
import { test } from "node:test";
import { toChanges } from "./update-mask.ts";
import { checkAge, checkBio, checkEmail, checkName, toNewUser } from "./user-rules.ts";

test("each field is taken up to its bound, and refused above it with field, value and bound", () => {
  assert.equal(checkName(`  ${"😀".repeat(200)}\n`), "😀".repeat(200));
  assert.throws(() => checkName("x".repeat(201)), {
    name: "InvalidFieldError",
    field: "name",
    message: `name "${"x".repeat(64)}…" has 201 characters, at most 200`,
  });
  assert.throws(() => checkName("😀".repeat(201)), /has 201 characters, at most 200$/);
  assert.throws(() => checkName(" \t "), { message: 'name "" has 0 characters, at least 1' });
  assert.throws(() => checkName("a\u0000b"), /holds a control character$/);
  assert.throws(() => checkName("a\ud800"), /is not valid unicode$/);
  assert.deepEqual([0, 150, undefined].map(checkAge), [0, 150, undefined]);
  for (const age of [-1, 151, 1.5, Number.NaN]) {
    assert.throws(() => checkAge(age), { field: "age", message: `age "${age}" is not from 0 to 150` });
  }
  assert.equal(checkBio("x".repeat(2000))?.length, 2000);
  assert.throws(() => checkBio("a\0"), { field: "bio", message: "bio holds the character U+0000" });
  assert.throws(() => checkBio("x".repeat(2001)), /has 2001 characters, at most 2000$/);
});

test("an email has the shape of an address and at most 254 characters", () => {
  const longest = `a@${`${"b".repeat(61)}.`.repeat(4)}com`;
  for (const email of ["ann@example.com", "a.b+c@x-y.co", longest]) assert.equal(checkEmail(email), email);
  for (const email of [
    "",
    "ann",
    "@x.y",
    "a@",
    "a b@x.y",
    "a@x..y",
    "a@-x.y",
    "a@x.y ",
    "ä@x.y",
    `a${"a".repeat(250)}@x.y`,
  ]) {
    assert.throws(() => checkEmail(email), { name: "InvalidFieldError", field: "email" }, email);
  }
});

test("a user without a role is a viewer", () => {
  assert.equal(toNewUser({ name: "A", email: "a@x.y" }).role, "viewer");
});

test("a mask picks what changes: by path, all of it, or what is set", () => {
  const user = { name: " B ", age: 3 };
  assert.deepEqual(toChanges(user, ["name"]), { name: "B" });
  assert.deepEqual(toChanges(user, []), { name: "B", age: 3 });
  assert.deepEqual(toChanges(user, ["bio", "role"]), { bio: undefined, role: "viewer" });
  assert.throws(() => toChanges(user, ["*"]), { field: "email" });
  assert.throws(() => toChanges(user, ["name", "id"]), {
    field: "update_mask",
    message: 'update_mask has path "id": name, email, role, age, bio and * are understood',
  });
});
