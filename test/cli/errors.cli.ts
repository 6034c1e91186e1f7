import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { commandScript, runCommand, watchProcess } from "../support/command-line.ts";
import { useCommandServer } from "../support/command-server.ts";

const cli = useCommandServer();
const { concierge } = cli;

test("a wrong command line names the option and its bound, and ends with 64", async () => {
  for (const [args, message] of [
    [["users", "create", "--name", "X"], /^error: required option '--email <address>' not specified/],
    [
      ["users", "create", "--name", "X", "--email", "x@x", "--age", "151"],
      /'151' is invalid. Must be a whole number from 0 to 150/,
    ],
    [["users", "update", "1"], /^error: nothing to change: give --name, --email, --role, --age, --bio or --clear/],
    [["users", "update", "1", "--age", "3", "--clear", "age"], /^error: --clear age contradicts --age/],
    [["users", "list", "--role", "boss"], /Allowed choices are viewer, editor, admin/],
    [["greet"], /^error: missing required argument 'name'/],
    [["greet", "Ada", "--deadline", "5"], /'--deadline <time>' argument '5' is invalid. Must be 1ms to 596h/],
    [["greet", "Ada", "--header", "x"], /'--header <name:value>' argument 'x' is invalid/],
    [
      ["greet", "Ada", "--url", "ftp://host"],
      /^error: --url "ftp:\/\/host" must be an http or https URL, HOST:PORT, or unix:\/path/,
    ],
    [["greet", "Ada", "--cert", "a.pem"], /^error: --cert and --key need each other/],
    [["greet", "Ada", "--url", "http://me:secret@localhost:1"], /^error: --url must have no user, query or fragment;/],
    [
      ["greet", "Ada", "--token", "a\nb"],
      /^error: --token holds characters that no token has, such as a line's end\n$/,
    ],
    [["greet", "Ada", "--token-file", "/none"], /^error: --token-file "\/none" cannot be read: ENOENT/],
    [["users", "lst"], /^error: unknown command 'lst'\n {2}hint: did you mean list\? --help shows /],
  ] as const) {
    const { exitCode, stdout, stderr } = await concierge(...args);
    assert.match(stderr, message);
    assert.deepEqual([exitCode, stdout], [64, ""], args.join(" "));
  }
});

test("the options of the connection may stand before the command, and mean the same", async () => {
  const at = ["--address", cli.server.baseUrl];
  const early = (...args: string[]) => runCommand(args);
  const [json, url, between, late, wrong, none] = await Promise.all([
    early("--json", "users", "--url", "localhost:1", "--no-retry", "get", "1"),
    early(...at, "users", "get", "1"),
    early("users", ...at, "get", "1"),
    early("--url", "localhost:1", "users", "get", "1", ...at),
    early("--protocol", "smoke", "users", "get", "1"),
    early(...at, "demo"),
  ]);
  assert.deepEqual([JSON.parse(json.stderr).error.code, json.exitCode], ["UNAVAILABLE", 78]);
  for (const { stdout, stderr } of [url, between, late]) assert.equal(JSON.parse(stdout).name, "Alice Johnson", stderr);
  assert.match(wrong.stderr, /^error: option '--protocol <name>' argument 'smoke' is invalid/);
  assert.match(none.stderr, /^error: option '--url' is of commands that call a server, and demo calls none\n/);
  assert.deepEqual([wrong.exitCode, none.exitCode], [64, 64]);
});

test("an error is JSON where JSON is asked for", async () => {
  const { exitCode, stderr } = await concierge("users", "create", "--name", "X", "--email", "bad", "--json");
  const { error } = JSON.parse(stderr);
  assert.equal(exitCode, 67);
  assert.deepEqual(
    [error.code, error.exitCode, error.message, error.violations[0].field],
    ["INVALID_ARGUMENT", 67, 'email "bad" is not an address such as "ann@example.com"', "user.email"],
  );
  assert.ok(error.requestId);
});

test("a wrong command line is JSON, too, where JSON is asked for", async () => {
  const [unknown, none] = await Promise.all([
    concierge("users", "list", "--jsn", "--json"),
    concierge("users", "get", "--json"),
  ]);
  assert.deepEqual([unknown.exitCode, none.exitCode], [64, 64]);
  assert.deepEqual(
    [unknown, none].map(({ stderr }) => JSON.parse(stderr).error).map(({ message, hint }) => [message, hint]),
    [
      ["unknown option '--jsn'", "did you mean --json? --help shows what there is"],
      ["missing required argument 'id-or-email'", "--help shows what there is"],
    ],
  );
});

test("help finds a command of a command, has its own options first, and says what there is not", async () => {
  const [get, none] = await Promise.all([concierge("help", "users", "get"), concierge("help", "users", "gte")]);
  assert.match(get.stdout, /^Usage: concierge users get .*\nOptions:\n.*\nConnection:\n.*\nExamples:\n/s);
  assert.deepEqual([get.exitCode, none.exitCode], [0, 64]);
  assert.match(none.stderr, /^error: unknown command 'users gte'\n/);
});

test("what cannot be written is an error, however little it is", {
  skip: !existsSync("/dev/full") && "needs /dev/full",
}, async () => {
  for (const args of ["--help", "serve --settings", "completion bash", "users get 1"]) {
    const line = `"${process.execPath}" "${commandScript}" ${args} > /dev/full`;
    const { exitCode, stderr } = await watchProcess("sh", ["-c", line], { env: cli.env }).ended;
    assert.deepEqual([exitCode, stderr], [1, "error: ENOSPC: no space left on device, write\n"], args);
  }
});

test("a reader that has enough ends the command without a word", async () => {
  const { child, ended } = watchProcess(
    "sh",
    ["-c", `"${process.execPath}" "${commandScript}" greet Ada --stream; echo "ended $?" >&2`],
    { env: cli.env },
  );
  child.stdout?.destroy();
  const { stderr } = await ended;
  assert.equal(stderr, "ended 0\n");
});
