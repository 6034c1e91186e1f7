import assert from "node:assert/strict";
import { test } from "node:test";
import { createConcierge } from "../../client/index.ts";
import { jsonLines, startCommand } from "../support/command-line.ts";
import { startServer } from "../support/server.ts";
import { hasTerminal, startOnTerminal } from "../support/terminal.ts";
import { csvOf, EmptyDirectory } from "./empty-directory.fixture.ts";

test("CSV as spreadsheets write it is imported, and what is exported is imported again as it was", async () => {
  await using here = await EmptyDirectory.start();
  const text =
    '\ufeffEmail,Name,Role,Age,Bio\r\nada@example.com,"Lovelace, Ada",ADMIN,36,"Notes\r\non ""engines"""\r\n\r\nbob@example.com,Bob,,,\r\n';
  here.folder.write("people.csv", text);
  const imported = await here.concierge(["users", "import", "people.csv"]);
  assert.equal(imported.stdout, '{"file":"people.csv","users":2,"batches":1,"stored":true}\n', imported.stderr);
  const before = (await here.stored()).map(({ name, email, role, age, bio }) => ({ name, email, role, age, bio }));
  assert.deepEqual(before, [
    { name: "Lovelace, Ada", email: "ada@example.com", role: 3, age: 36, bio: 'Notes\r\non "engines"' },
    { name: "Bob", email: "bob@example.com", role: 1, age: undefined, bio: undefined },
  ]);
  for (const file of ["copy.csv", "copy.ndjson"]) {
    const exported = await here.concierge(["users", "export", file]);
    assert.equal(exported.stdout, `{"file":"${file}","users":2}\n`);
    await using other = await startServer({ DEMO_DATA: "false" });
    const again = await here.concierge(["users", "import", file, "--url", other.baseUrl]);
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
  await using here = await EmptyDirectory.start();
  for (const format of ["csv", "ndjson"]) {
    await using running = startOnTerminal(["users", "import", "-", "--format", format], { env: here.env });
    await running.said("stdout", /storing 0 users/);
    running.stdin.write("\u0003");
    const { exitCode, stdout } = await running.ended;
    assert.match(stdout, /interrupted; nothing is stored/);
    assert.equal(exitCode, 130);
  }
});

test("NDJSON goes through a pipe in both directions", async () => {
  await using here = await EmptyDirectory.start();
  const lines =
    '{"name":"Ada","email":"ada@example.com","role":"ROLE_ADMIN"}\n\n{"name":"Bob","email":"bob@example.com","role":"editor","age":0}\n';
  const imported = await here.concierge(["users", "import", "-", "--format", "ndjson"], lines);
  assert.equal(imported.stdout, '{"file":"-","users":2,"batches":1,"stored":true}\n', imported.stderr);
  const [all, admins] = await Promise.all([
    here.concierge(["users", "export"]),
    here.concierge(["users", "export", "--role", "admin", "--format", "csv"]),
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
  await using here = await EmptyDirectory.start();
  await here.client.directory.createUser({ user: { name: "First", email: "user-25@example.com" } });
  here.folder.write("taken.csv", csvOf(40));
  const taken = await here.concierge(["users", "import", "taken.csv", "--batch", "10"]);
  assert.match(
    taken.stderr,
    /^error: .*taken\.csv line 27: email "user-25@example\.com" is taken; the 20 users before are stored, and the same command goes on after them\n/,
  );
  assert.equal(taken.exitCode, 64 + 6);
  assert.equal((await here.stored()).length, 21);
  here.folder.write("twice.csv", "name,email\nA,a@x\nB,b@x\nC,A@X\n");
  const twice = await here.concierge(["users", "import", "twice.csv"]);
  assert.match(twice.stderr, /^error: .*twice\.csv line 4: email "A@X" is that of line 2 too; nothing is stored\n/);
});

test("an import that is killed goes on where it was when it is run again: every line once", async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("many.csv", csvOf(5000));
  const args = ["users", "import", "many.csv", "--batch", "200"];
  const imports = () => here.server.lines.filter(({ method }) => String(method).endsWith("ImportUsers")).length;
  for (let round = 1; round <= 3; round++) {
    await using running = startCommand(args, { env: here.env, cwd: here.folder.path });
    const before = imports();
    await here.server.line(() => imports() >= before + 3);
    running.child.kill("SIGKILL");
    assert.equal((await running.ended).exitCode, null);
  }
  const partly = (await here.stored()).length;
  assert.ok(partly > 0 && partly < 5000, `${partly} are stored`);

  const { exitCode, stdout, stderr } = await here.concierge(args);
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, '{"file":"many.csv","users":5000,"batches":25,"stored":true}\n');
  const names = (await here.stored()).map(({ name }) => name).sort();
  assert.deepEqual(names, Array.from({ length: 5000 }, (_, index) => `User ${index}`).sort());
});

test("Ctrl-C ends an import with 130 and says what is stored; the same command goes on", async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("long.csv", csvOf(4000));
  const args = ["users", "import", "long.csv", "--batch", "25"];
  await using running = startCommand(args, { env: here.env, cwd: here.folder.path });
  await here.server.line(({ method }) => String(method).endsWith("ImportUsers"));
  running.child.kill("SIGINT");
  const { exitCode, stderr } = await running.ended;
  assert.equal(exitCode, 130);
  assert.match(
    stderr,
    /^error: interrupted; (nothing is stored|the [\d,]+ users before are stored, and the same command goes on)/,
  );
  const again = await here.concierge(args);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.equal((await here.stored()).length, 4000);
});

test("an import that is run again changes nothing, unless it is to be fresh", async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("again.csv", csvOf(3));
  for (const _ of ["first", "second"])
    assert.equal((await here.concierge(["users", "import", "again.csv"])).exitCode, 0);
  assert.equal((await here.stored()).length, 3);
  const fresh = await here.concierge(["users", "import", "again.csv", "--fresh"]);
  assert.match(
    fresh.stderr,
    /^error: ALREADY_EXISTS: again\.csv line 2: email "user-0@example\.com" is taken; nothing is stored\n/,
  );
  for (const { id } of await here.stored()) await here.client.directory.deleteUser({ id });
  assert.equal((await here.concierge(["users", "import", "again.csv", "--fresh"])).exitCode, 0);
  assert.equal((await here.stored()).length, 3);
});

test("--check stores nothing, and a file of no known kind needs its format", async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("checked.csv", csvOf(3));
  here.folder.write("users.txt", csvOf(3));
  const checked = await here.concierge(["users", "import", "checked.csv", "--check"]);
  assert.equal(checked.stdout, '{"file":"checked.csv","users":3,"stored":false}\n');
  const unknown = await here.concierge(["users", "import", "users.txt"]);
  assert.deepEqual([unknown.exitCode, (await here.stored()).length], [64, 0]);
  assert.match(
    unknown.stderr,
    /^error: "users\.txt", which ends in none of .* needs --format csv or --format ndjson\n/,
  );
  const missing = await here.concierge(["users", "import", "none.csv"]);
  assert.deepEqual([missing.exitCode, missing.stderr.startsWith("error: ENOENT: no such file")], [1, true]);
});

test("a terminal shows a bar that goes, and then the count", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("bar.csv", csvOf(3000));
  const { stdout, exitCode } = await startOnTerminal(["users", "import", "bar.csv"], {
    env: here.env,
    cwd: here.folder.path,
  }).ended;
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, /storing █+░* \d+% \| [\d,]+ users/);
  assert.match(stdout, /bar\.csv: 3,000 users stored, in 1 batch\r\n$/);
  const exported = await startOnTerminal(["users", "export", "bar.ndjson"], { env: here.env, cwd: here.folder.path })
    .ended;
  assert.match(exported.stdout, /exporting [\d,]+ users/);
  assert.ok(exported.stdout.endsWith("\u001b[2Kbar.ndjson: 3,000 users\r\n"), JSON.stringify(exported.stdout));
});

test("a terminal that cannot move its cursor shows no bar", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("one.csv", csvOf(1));
  const options = { env: { ...here.env, TERM: "dumb" }, cwd: here.folder.path };
  const { stdout } = await startOnTerminal(["users", "import", "one.csv"], options).ended;
  assert.equal(stdout, "one.csv: 1 user stored, in 1 batch\r\n");
});

test("a file without users stores nothing, and says so; one without a line of titles is refused", async () => {
  await using here = await EmptyDirectory.start();
  here.folder.write("titles.csv", "name,email\n");
  here.folder.write("empty.ndjson", "\n");
  here.folder.write("empty.csv", "");
  for (const file of ["titles.csv", "empty.ndjson"]) {
    const { stdout, exitCode } = await here.concierge(["users", "import", file]);
    assert.deepEqual([stdout, exitCode], [`{"file":"${file}","users":0,"batches":0,"stored":false}\n`, 0]);
  }
  const { stderr, exitCode } = await here.concierge(["users", "import", "empty.csv"]);
  assert.match(
    stderr,
    /^error: empty\.csv line 1: a line of titles is missing, such as name,email; nothing is stored\n/,
  );
  assert.equal(exitCode, 67);
});
