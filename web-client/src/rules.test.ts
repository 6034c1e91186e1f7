import assert from "node:assert/strict";
import { test } from "node:test";
import { readAge, readDeadline, readName, readToken } from "./rules.ts";

test("an age is a whole number from 0 to 150, and empty means unknown", () => {
  assert.deepEqual(readAge(""), { ok: true, value: 0 });
  assert.deepEqual(readAge(" 36 "), { ok: true, value: 36 });
  assert.deepEqual(readAge("150"), { ok: true, value: 150 });
  for (const text of ["151", "-1", "1.5", "1e1", "0x10", "abc", "9".repeat(400)]) {
    assert.deepEqual(readAge(text), { ok: false, problem: `Age must be a whole number from 0 to 150, not “${text}”` });
  }
});

test("a deadline is a whole number from 1 to 3,600,000, and empty means none", () => {
  assert.deepEqual(readDeadline(" "), { ok: true, value: undefined });
  assert.deepEqual(readDeadline("1"), { ok: true, value: 1 });
  assert.deepEqual(readDeadline("3600000"), { ok: true, value: 3_600_000 });
  for (const text of ["0", "3600001", "-5", "10s"]) {
    const problem = `Deadline must be a whole number from 1 to 3,600,000, not “${text}”`;
    assert.deepEqual(readDeadline(text), { ok: false, problem });
  }
});

test("a name has up to 200 characters, each counted once however it is encoded", () => {
  assert.deepEqual(readName(""), { ok: true, value: "" });
  assert.equal(readName("🛎".repeat(200)).ok, true);
  assert.deepEqual(readName("x".repeat(201)), { ok: false, problem: "Name must have at most 200 characters, not 201" });
});

test("a token is taken as it is, or after the word Bearer, and may be missing", () => {
  for (const text of ["a.b.c", " a.b.c\n", "Bearer a.b.c", "bearer  a.b.c"]) {
    assert.deepEqual(readToken(text), { ok: true, value: "a.b.c" });
  }
  assert.deepEqual(readToken(" "), { ok: true, value: "" });
});

test("what is wrong with a token is said without showing it", () => {
  const long = readToken("x".repeat(8193));
  assert.equal(!long.ok && long.problem, "Token must have at most 8,192 characters, not 8193");
  const odd = readToken("s3cr3t s3cr3t");
  assert.equal(!odd.ok && odd.problem, "Token holds a character that no token has");
});
