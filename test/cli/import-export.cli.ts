import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type Concierge, createConcierge } from "../../client/index.ts";
import type { User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { makeFolder, type TestFolder } from "../support/certificates.ts";
import { jsonLines, runCommand, startCommand } from "../support/command-line.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { hasTerminal, startOnTerminal } from "../support/terminal.ts";

let folder: TestFolder;
let server: TestServer;
let client: Concierge;
let env: Record<string, string>;
before(() => {
  folder = makeFolder();
});
after(() => folder[Symbol.dispose]());
beforeEach(async t => {
  server = await startServer({ DEMO_DATA: "false" });
  client = createConcierge({ baseUrl: server.baseUrl });
  env = { CONCIERGE_URL: server.baseUrl };
  (t as unknown as { after(fn: () => unknown): void }).after(async () => {
    client.close();
    await server[Symbol.asyncDispose]();
  });
});

const concierge = (args: readonly string[], input?: string) => runCommand(args, { env, input, cwd: folder.path });

async function stored(): Promise<User[]> {
  return Array.fromAsync(client.directory.exportUsers({}));
}

/** A file of users that are told apart by their number. */
function csvOf(users: number): string {
  const lines = Array.from(
    { length: users },
    (_, index) => `User ${index},user-${index}@example.com,editor,${index % 100}`,
  );
  return `name,email,role,age\n${lines.join("\n")}\n`;
}

test("CSV as spreadsheets write it is imported, and what is exported is imported again as it was", async () => {
  const text =
    '\ufeffEmail,Name,Role,Age,Bio\r\nada@example.com,"Lovelace, Ada",ADMIN,36,"Notes\r\non ""engines"""\r\n\r\nbob@example.com,Bob,,,\r\n';
  folder.write("people.csv", text);
  const imported = await concierge(["users", "import", "people.csv"]);
  assert.equal(imported.stdout, '{"file":"people.csv","users":2,"batches":1,"stored":true}\n', imported.stderr);
  const before = (await stored()).map(({ name, email, role, age, bio }) => ({ name, email, role, age, bio }));
  assert.deepEqual(before, [
    { name: "Lovelace, Ada", email: "ada@example.com", role: 3, age: 36, bio: 'Notes\r\non "engines"' },
    { name: "Bob", email: "bob@example.com", role: 1, age: undefined, bio: undefined },
  ]);
  for (const file of ["copy.csv", "copy.ndjson"]) {
    const exported = await concierge(["users", "export", file]);
    assert.equal(exported.stdout, `{"file":"${file}","users":2}\n`);
    await using other = await startServer({ DEMO_DATA: "false" });
    const again = await concierge(["users", "import", file, "--url", other.baseUrl]);
    assert.equal(again.exitCode, 0, again.stderr);
    await using otherClient = createConcierge({ baseUrl: other.baseUrl });
    const copied = await Array.fromAsync(otherClient.directory.exportUsers({}));
    assert.deepEqual(
      copied.map(({ name, email, role, age, bio }) => ({ name, email, role, age, bio })),
      before,
    );
  }
});

test("Ctrl-C ends an import that waits for what is typed", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  for (const format of ["csv", "ndjson"]) {
    await using running = startOnTerminal(["users", "import", "-", "--format", format], { env });
    await running.said("stdout", /storing 0 users/);
    running.stdin.write("\u0003");
    const { exitCode, stdout } = await running.ended;
    assert.match(stdout, /interrupted; nothing is stored/);
    assert.equal(exitCode, 130);
  }
});

test("NDJSON goes through a pipe in both directions", async () => {
  const lines =
    '{"name":"Ada","email":"ada@example.com","role":"ROLE_ADMIN"}\n\n{"name":"Bob","email":"bob@example.com","role":"editor","age":0}\n';
  const imported = await concierge(["users", "import", "-", "--format", "ndjson"], lines);
  assert.equal(imported.stdout, '{"file":"-","users":2,"batches":1,"stored":true}\n', imported.stderr);
  const [all, admins] = await Promise.all([
    concierge(["users", "export"]),
    concierge(["users", "export", "--role", "admin", "--format", "csv"]),
  ]);
  assert.deepEqual(
    jsonLines(all.stdout).map(({ age }) => age),
    [undefined, 0],
  );
  assert.match(
    admins.stdout,
    /^id,name,email,role,age,bio,create_time,update_time,delete_time\n1,Ada,ada@example\.com,admin,,,\d{4}-[^\n]*,\n$/,
  );
});

test("what only the server can know stops the import at its batch, with the line and what is stored", async () => {
  await client.directory.createUser({ user: { name: "First", email: "user-25@example.com" } });
  folder.write("taken.csv", csvOf(40));
  const taken = await concierge(["users", "import", "taken.csv", "--batch", "10"]);
  assert.match(
    taken.stderr,
    /^error: .*taken\.csv line 27: email "user-25@example\.com" is taken; the 20 users before are stored, and the same command goes on after them\n/,
  );
  assert.equal(taken.exitCode, 64 + 6);
  assert.equal((await stored()).length, 21);
  folder.write("twice.csv", "name,email\nA,a@x\nB,b@x\nC,A@X\n");
  const twice = await concierge(["users", "import", "twice.csv"]);
  assert.match(twice.stderr, /^error: .*twice\.csv line 4: email "A@X" is that of line 2 too; nothing is stored\n/);
});

test("an import that is killed goes on where it was when it is run again: every line once", async () => {
  folder.write("many.csv", csvOf(5000));
  const args = ["users", "import", "many.csv", "--batch", "200"];
  const imports = () => server.lines.filter(({ method }) => String(method).endsWith("ImportUsers")).length;
  for (let round = 1; round <= 3; round++) {
    await using running = startCommand(args, { env, cwd: folder.path });
    const before = imports();
    await server.line(() => imports() >= before + 3);
    running.child.kill("SIGKILL");
    assert.equal((await running.ended).exitCode, null);
  }
  const partly = (await stored()).length;
  assert.ok(partly > 0 && partly < 5000, `${partly} are stored`);

  const { exitCode, stdout, stderr } = await concierge(args);
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, '{"file":"many.csv","users":5000,"batches":25,"stored":true}\n');
  const names = (await stored()).map(({ name }) => name).sort();
  assert.deepEqual(names, Array.from({ length: 5000 }, (_, index) => `User ${index}`).sort());
});

test("Ctrl-C ends an import with 130 and says what is stored; the same command goes on", async () => {
  folder.write("long.csv", csvOf(4000));
  const args = ["users", "import", "long.csv", "--batch", "25"];
  await using running = startCommand(args, { env, cwd: folder.path });
  await server.line(({ method }) => String(method).endsWith("ImportUsers"));
  running.child.kill("SIGINT");
  const { exitCode, stderr } = await running.ended;
  assert.equal(exitCode, 130);
  assert.match(
    stderr,
    /^error: interrupted; (nothing is stored|the [\d,]+ users before are stored, and the same command goes on)/,
  );
  const again = await concierge(args);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.equal((await stored()).length, 4000);
});

test("an import that is run again changes nothing, unless it is to be fresh", async () => {
  folder.write("again.csv", csvOf(3));
  for (const _ of ["first", "second"]) assert.equal((await concierge(["users", "import", "again.csv"])).exitCode, 0);
  assert.equal((await stored()).length, 3);
  const fresh = await concierge(["users", "import", "again.csv", "--fresh"]);
  assert.match(
    fresh.stderr,
    /^error: ALREADY_EXISTS: again\.csv line 2: email "user-0@example\.com" is taken; nothing is stored\n/,
  );
  for (const { id } of await stored()) await client.directory.deleteUser({ id });
  assert.equal((await concierge(["users", "import", "again.csv", "--fresh"])).exitCode, 0);
  assert.equal((await stored()).length, 3);
});

test("--check stores nothing, and a file of no known kind needs its format", async () => {
  folder.write("checked.csv", csvOf(3));
  folder.write("users.txt", csvOf(3));
  const checked = await concierge(["users", "import", "checked.csv", "--check"]);
  assert.equal(checked.stdout, '{"file":"checked.csv","users":3,"stored":false}\n');
  const unknown = await concierge(["users", "import", "users.txt"]);
  assert.deepEqual([unknown.exitCode, (await stored()).length], [64, 0]);
  assert.match(
    unknown.stderr,
    /^error: "users\.txt", which ends in none of .* needs --format csv or --format ndjson\n/,
  );
  const missing = await concierge(["users", "import", "none.csv"]);
  assert.deepEqual([missing.exitCode, missing.stderr.startsWith("error: ENOENT: no such file")], [1, true]);
});

test("an export that fails leaves the file that was there", async () => {
  const file = folder.write("kept.csv", "as it was\n");
  const failed = await concierge(["users", "export", "kept.csv", "--filter", "role ="]);
  assert.equal(failed.exitCode, 67);
  assert.equal(readFileSync(file, "utf8"), "as it was\n");
  assert.deepEqual(
    readdirSync(folder.path).filter(name => name.includes("partial")),
    [],
  );
  const none = await concierge(["users", "export", join("no-folder", "users.csv")]);
  assert.deepEqual([none.exitCode, none.stdout], [1, ""]);
  assert.match(none.stderr, /^error: ENOENT: no such file or directory, open '.*users\.csv\..*'\n$/);
});

test("an export through a link writes what it leads to, there already or not", async () => {
  symlinkSync("linked.csv", join(folder.path, "link.csv"));
  for (const _ of ["not there", "there"]) {
    const { exitCode, stderr } = await concierge(["users", "export", "link.csv"]);
    assert.equal(exitCode, 0, stderr);
    assert.match(readFileSync(join(folder.path, "linked.csv"), "utf8"), /^id,name,/);
    assert.equal(readlinkSync(join(folder.path, "link.csv")), "linked.csv");
  }
});

test("a terminal shows a bar that goes, and then the count", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  folder.write("bar.csv", csvOf(3000));
  const { stdout, exitCode } = await startOnTerminal(["users", "import", "bar.csv"], { env, cwd: folder.path }).ended;
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, /storing █+░* \d+% \| [\d,]+ users/);
  assert.match(stdout, /bar\.csv: 3,000 users stored, in 1 batch\r\n$/);
  const exported = await startOnTerminal(["users", "export", "bar.ndjson"], { env, cwd: folder.path }).ended;
  assert.match(exported.stdout, /exporting [\d,]+ users/);
  assert.ok(exported.stdout.endsWith("\u001b[2Kbar.ndjson: 3,000 users\r\n"), JSON.stringify(exported.stdout));
});

test("a terminal that cannot move its cursor shows no bar", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  folder.write("one.csv", csvOf(1));
  const options = { env: { ...env, TERM: "dumb" }, cwd: folder.path };
  const { stdout } = await startOnTerminal(["users", "import", "one.csv"], options).ended;
  assert.equal(stdout, "one.csv: 1 user stored, in 1 batch\r\n");
});

test("a file of no known kind is not exported, as nobody could import it", async () => {
  const refused = await concierge(["users", "export", "users.xlsx"]);
  assert.match(
    refused.stderr,
    /^error: "users\.xlsx", which ends in none of .* needs --format csv or --format ndjson\n/,
  );
  assert.deepEqual([refused.exitCode, readdirSync(folder.path).includes("users.xlsx")], [64, false]);
  const asked = await concierge(["users", "export", "users.xlsx", "--format", "csv"]);
  assert.equal(asked.exitCode, 0, asked.stderr);
});

test("a file without users stores nothing, and says so; one without a line of titles is refused", async () => {
  folder.write("titles.csv", "name,email\n");
  folder.write("empty.ndjson", "\n");
  folder.write("empty.csv", "");
  for (const file of ["titles.csv", "empty.ndjson"]) {
    const { stdout, exitCode } = await concierge(["users", "import", file]);
    assert.deepEqual([stdout, exitCode], [`{"file":"${file}","users":0,"batches":0,"stored":false}\n`, 0]);
  }
  const { stderr, exitCode } = await concierge(["users", "import", "empty.csv"]);
  assert.match(
    stderr,
    /^error: empty\.csv line 1: a line of titles is missing, such as name,email; nothing is stored\n/,
  );
  assert.equal(exitCode, 67);
});

test("text that a spreadsheet would run as a formula gets a quote before it where that is asked for", async () => {
  const names = ["=1+1", "+1", "-1", "@SUM(A1)", "plain = text"];
  for (const [index, name] of names.entries()) {
    await client.directory.createUser({ user: { name, email: `${index}@example.com`, age: 7, bio: "=HYPERLINK()" } });
  }
  const [plain, escaped, wrong] = await Promise.all([
    concierge(["users", "export", "--format", "csv"]),
    concierge(["users", "export", "--format", "csv", "--escape-formulas"]),
    concierge(["users", "export", "--format", "ndjson", "--escape-formulas"]),
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
  await client.directory.createUser({ user: { name: "Eve", email: "eve@example.com", bio: "\u001b[2J" } });
  for (const format of ["csv", "ndjson"]) {
    const { stdout } = await startOnTerminal(["users", "export", "--format", format], { env }).ended;
    assert.ok(stdout.includes("\\u001b[2J") && !stdout.includes("\u001b"), stdout);
  }
});
