import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonLines, runCommand, startCommand } from "../support/command-line.ts";
import { useCommandServer } from "../support/command-server.ts";
import { hasTerminal, startOnTerminal } from "../support/terminal.ts";

const cli = useCommandServer();
const { concierge } = cli;

test("greet says hello, once and as a stream, and chat answers each line", async () => {
  const [once, five, chat] = await Promise.all([
    concierge("greet", "Ada", "--age", "36"),
    concierge("greet", "Ada", "--stream", "--protocol", "grpc-web"),
    runCommand(["greet", "--chat", "--protocol", "grpc"], { env: cli.env, input: "one\ntwo\n" }),
  ]);
  assert.deepEqual(
    [once, five, chat].map(({ stdout }) => jsonLines(stdout).map(({ message }) => message)),
    [
      ["Hello, Ada! You are 36 years old."],
      [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
      ["Echo #1: one", "Echo #2: two"],
    ],
  );
});

test("users are created, read, changed, deleted and taken back", async () => {
  const fields = ["--name", "Grace Hopper", "--email", "grace@example.com", "--age", "37", "--role", "editor"];
  const [created] = jsonLines((await concierge("users", "create", ...fields, "--bio", "Found a moth.")).stdout);
  const id = String(created?.id);
  assert.deepEqual([created?.name, created?.role, created?.age], ["Grace Hopper", "ROLE_EDITOR", 37]);

  const updated = await concierge(
    "users",
    "update",
    id,
    "--role",
    "admin",
    "--clear",
    "age",
    "bio",
    "--etag",
    String(created?.etag),
  );
  const [changed] = jsonLines(updated.stdout);
  assert.deepEqual(
    [changed?.name, changed?.role, changed?.age, changed?.bio],
    ["Grace Hopper", "ROLE_ADMIN", undefined, undefined],
  );

  const stale = await concierge("users", "update", id, "--age", "38", "--etag", String(created?.etag));
  assert.equal(stale.exitCode, 64 + 10);
  assert.match(stale.stderr, /^error: ABORTED: .*\n {2}request id: \S+\n {2}hint: somebody else changed it meanwhile/);

  const [deleted] = jsonLines((await concierge("users", "delete", id)).stdout);
  assert.ok(deleted?.deleteTime);
  assert.equal((await concierge("users", "delete", id)).exitCode, 64 + 5);
  assert.equal((await concierge("users", "delete", id, "999", "--allow-missing")).exitCode, 0);
  const [back] = jsonLines((await concierge("users", "undelete", id)).stdout);
  assert.equal(back?.deleteTime, undefined);
  const both = jsonLines((await concierge("users", "get", id, "alice@example.com")).stdout);
  assert.deepEqual(
    both.map(({ name }) => name),
    ["Grace Hopper", "Alice Johnson"],
  );
});

test("a retry by hand with one request id stores one user", async () => {
  const args = ["users", "create", "--name", "Hedy", "--email", "hedy@example.com", "--request-id"];
  const id = "7d8c1d5c-6d6a-4d0e-9b3e-0c8f2f6a1b11";
  const [first, second] = [await concierge(...args, id), await concierge(...args, id)];
  assert.deepEqual(jsonLines(first.stdout)[0]?.id, jsonLines(second.stdout)[0]?.id);
});

test("list filters, orders, limits, and goes through the pages", async () => {
  const [admins, two] = await Promise.all([
    concierge("users", "list", "--role", "admin", "--filter", 'email:"alice"'),
    concierge("users", "list", "--order-by", "name desc", "--limit", "2", "--filter", 'name:"e"'),
  ]);
  assert.deepEqual(
    jsonLines(admins.stdout).map(({ name }) => name),
    ["Alice Johnson"],
  );
  assert.equal(jsonLines(two.stdout).length, 2);
  const none = await concierge("users", "list", "--filter", 'name:"nobody"');
  assert.deepEqual([none.stdout, none.stderr, none.exitCode], ["", "", 0]);
});

test("a terminal gets tables and fields, colours unless NO_COLOR, and no control characters of others", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  const onTerminal = async (args: string[], more: Record<string, string> = {}) =>
    (await startOnTerminal(args, { env: { ...cli.env, ...more } }).ended).stdout;
  await concierge(
    "users",
    "create",
    "--name",
    "Mallory",
    "--email",
    "mallory@example.com",
    "--bio",
    "\u001b]0;owned\u0007\r\nline",
  );
  const [table, plain, fields, json, error] = await Promise.all([
    onTerminal(["users", "list", "--limit", "2"]),
    onTerminal(["users", "list", "--limit", "2"], { NO_COLOR: "1" }),
    onTerminal(["users", "get", "mallory@example.com"]),
    onTerminal(["users", "get", "1", "--json"]),
    onTerminal(["users", "get", "999"]),
  ]);
  const control = "\u001b";
  assert.ok(table.includes(`${control}[1mID${control}[22m`), table);
  assert.match(
    plain,
    /^ID {2}NAME {11}EMAIL {14}ROLE {4}AGE {2}CREATED\r\n1 {3}Alice Johnson {2}alice@example.com {2}admin {3}28 {3}2025-10-29T10:00:00Z\r\n/,
  );
  assert.match(plain, /\nthe first 2; --limit 0 shows all\r\n$/);
  assert.ok(fields.endsWith("\r\n") && fields.includes("\\u001b]0;owned\\u0007\\r\\nline\r\n"), fields);
  assert.equal(JSON.parse(json).name, "Alice Johnson");
  assert.ok(error.includes(`${control}[31merror:${control}[39m NOT_FOUND: user "999" not found`), error);
});

test("control characters that others have written reach nobody's terminal, and programs read them as they are", async () => {
  const bio = "\u009b31m\u0085\u202e\u007f";
  await concierge("users", "create", "--name", "Eve", "--email", "c1@example.com", "--bio", bio);
  const filter = ["--filter", 'email:"c1@example.com"'];
  const outputs = await Promise.all([
    concierge("users", "get", "c1@example.com"),
    concierge("users", "list", ...filter),
    concierge("users", "export", ...filter),
    concierge("call", "concierge.directory.v1.DirectoryService/GetUser", "-d", '{"email":"c1@example.com"}'),
  ]);
  await using watch = startCommand(["watch", "--from", "earliest"], { env: cli.env });
  await watch.said("stdout", /c1@example\.com.*\n/);
  for (const { stdout } of [...outputs, watch.output]) {
    const lines = stdout.split("\n").filter(line => line.includes("c1@example.com"));
    assert.equal(lines.length, 1, stdout);
    assert.doesNotMatch(lines.join(""), /[\p{Cc}\u202e]/u);
    assert.ok(JSON.stringify(JSON.parse(lines.join(""))).includes(JSON.stringify(bio)));
  }
  const failed = await concierge("users", "get", "--json", "no\u009b@example.com");
  assert.doesNotMatch(failed.stderr, /\u009b/);
  assert.match(JSON.parse(failed.stderr).error.message, /no\u009b@example\.com/);
});

test("no row of a table is longer than the terminal is wide", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  for (const columns of [100, 60, 40, 20]) {
    const options = { env: { ...cli.env, NO_COLOR: "1" }, columns };
    const { stdout } = await startOnTerminal(["users", "list", "--deleted"], options).ended;
    const [titles = "", ...rows] = stdout.split("\r\n").filter(line => !line.startsWith("the first"));
    assert.match(titles, /^ID {2}/);
    for (const row of [titles, ...rows]) assert.ok(row.length <= columns, `${columns}: ${row}`);
  }
});
