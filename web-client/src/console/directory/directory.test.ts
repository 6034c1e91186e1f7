import assert from "node:assert/strict";
import { test } from "node:test";
import { Role } from "../../../../client/web.ts";
import { readCsvUsers } from "./csv-users.ts";
import { filterOf } from "./search-filter.ts";
import { changedFields, emptyDraft, jsonOf, mergeDrafts, userOf } from "./user-draft.ts";

const ada = { ...emptyDraft, name: "Ada", email: "ada@example.com", age: "36" };

test("changes of others come in, and mine stay over them", () => {
  const mine = { ...ada, name: "Ada L.", age: "37" };
  const theirs = { ...ada, bio: "Counts", age: "38" };
  const { draft, conflicts, taken } = mergeDrafts(ada, mine, theirs);
  assert.deepEqual(draft, { ...ada, name: "Ada L.", age: "37", bio: "Counts" });
  assert.deepEqual(conflicts, [{ field: "age", mine: "37", theirs: "38" }]);
  assert.deepEqual(taken, ["bio"]);
});

test("the same change on both sides is no conflict", () => {
  const both = { ...ada, role: Role.ADMIN };
  const { conflicts, draft } = mergeDrafts(ada, both, both);
  assert.deepEqual([conflicts, draft], [[], both]);
});

test("what is cleared is unset, and named by the mask", () => {
  const cleared = { ...ada, age: "" };
  assert.deepEqual(changedFields(ada, cleared), ["age"]);
  assert.equal("age" in userOf(cleared), false);
  assert.equal(jsonOf({ ...ada, age: "old" }).age, "old");
});

test("words are looked for as they are, and a filter is taken as one", () => {
  assert.equal(filterOf("  ada l "), '"ada l"');
  assert.equal(filterOf("a\\b"), '"a\\\\b"');
  assert.equal(filterOf("role = ADMIN"), "role = ADMIN");
  assert.equal(filterOf(" "), "");
});

test("a file of users is read by its column names", () => {
  const reading = readCsvUsers(
    '\ufeffEmail,name,role,age\r\nada@x.org,"Ada, Countess",admin,36\r\n\r\nbob@x.org,Bob,,\r\n',
  );
  assert.deepEqual(reading, {
    ok: true,
    users: [
      { name: "Ada, Countess", email: "ada@x.org", role: "ROLE_ADMIN", age: 36 },
      { name: "Bob", email: "bob@x.org" },
    ],
  });
});

test("a file that is none of users is refused with the reason", () => {
  for (const [text, reason] of [
    ["name\nAda\n", /column "email"/],
    ["name,email,shoe\nAda,a@x.org,40\n", /"shoe" is no column/],
    ["name,email\n", /no users/],
    ['name,email\n"Ada,a@x.org\n', /[Qq]uote/],
  ] as const) {
    const reading = readCsvUsers(text);
    assert.ok(!reading.ok);
    assert.match(reading.problem, reason);
  }
});
