import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasTerminal, startOnTerminal } from "../support/terminal.ts";
import { EmptyDirectory } from "./empty-directory.fixture.ts";

test("an export that fails leaves the file that was there", async () => {
  await using here = await EmptyDirectory.start();
  const file = here.folder.write("kept.csv", "as it was\n");
  const failed = await here.concierge(["users", "export", "kept.csv", "--filter", "role ="]);
  assert.equal(failed.exitCode, 67);
  assert.equal(readFileSync(file, "utf8"), "as it was\n");
  assert.deepEqual(
    readdirSync(here.folder.path).filter(name => name.includes("partial")),
    [],
  );
  const none = await here.concierge(["users", "export", join("no-folder", "users.csv")]);
  assert.deepEqual([none.exitCode, none.stdout], [1, ""]);
  assert.match(none.stderr, /^error: ENOENT: no such file or directory, open '.*users\.csv\..*'\n$/);
});

test("an export through a link writes what it leads to, there already or not", async () => {
  await using here = await EmptyDirectory.start();
  symlinkSync("linked.csv", join(here.folder.path, "link.csv"));
  for (const _ of ["not there", "there"]) {
    const { exitCode, stderr } = await here.concierge(["users", "export", "link.csv"]);
    assert.equal(exitCode, 0, stderr);
    assert.match(readFileSync(join(here.folder.path, "linked.csv"), "utf8"), /^id,name,/);
    assert.equal(readlinkSync(join(here.folder.path, "link.csv")), "linked.csv");
  }
});

test("a file of no known kind is not exported, as nobody could import it", async () => {
  await using here = await EmptyDirectory.start();
  const refused = await here.concierge(["users", "export", "users.xlsx"]);
  assert.match(
    refused.stderr,
    /^error: "users\.xlsx", which ends in none of .* needs --format csv or --format ndjson\n/,
  );
  assert.deepEqual([refused.exitCode, readdirSync(here.folder.path).includes("users.xlsx")], [64, false]);
  const asked = await here.concierge(["users", "export", "users.xlsx", "--format", "csv"]);
  assert.equal(asked.exitCode, 0, asked.stderr);
});

test("text that a spreadsheet would run as a formula gets a quote before it where that is asked for", async () => {
  await using here = await EmptyDirectory.start();
  const names = ["=1+1", "+1", "-1", "@SUM(A1)", "plain = text"];
  for (const [index, name] of names.entries()) {
    await here.client.directory.createUser({
      user: { name, email: `${index}@example.com`, age: 7, bio: "=HYPERLINK()" },
    });
  }
  const [plain, escaped, wrong] = await Promise.all([
    here.concierge(["users", "export", "--format", "csv"]),
    here.concierge(["users", "export", "--format", "csv", "--escape-formulas"]),
    here.concierge(["users", "export", "--format", "ndjson", "--escape-formulas"]),
  ]);
  const cells = ({ stdout }: { stdout: string }) =>
    stdout
      .trim()
      .split("\n")
      .slice(1)
      .map(line => [line.split(",")[1], line.split(",")[5]]);
  assert.deepEqual(
    cells(plain),
    names.map(name => [name, "=HYPERLINK()"]),
  );
  assert.deepEqual(
    cells(escaped),
    names.map(name => [/^[=+@-]/.test(name) ? `'${name}` : name, "'=HYPERLINK()"]),
  );
  assert.match(wrong.stderr, /^error: --escape-formulas is for CSV\n/);
  assert.equal(wrong.exitCode, 64);
});

test("an export that a person looks at moves no cursor", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  await using here = await EmptyDirectory.start();
  await here.client.directory.createUser({ user: { name: "Eve", email: "eve@example.com", bio: "\u001b[2J" } });
  for (const format of ["csv", "ndjson"]) {
    const { stdout } = await startOnTerminal(["users", "export", "--format", format], { env: here.env }).ended;
    assert.ok(stdout.includes("\\u001b[2J") && !stdout.includes("\u001b"), stdout);
  }
});
