import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openConnection } from "../server/store/sqlite/database.ts";
import { openSqliteStore } from "../server/store/sqlite/sqlite-store.ts";

const main = fileURLToPath(new URL("../server/main.ts", import.meta.url));

function run(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: "sqlite::memory:", ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", text => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", text => {
    output.stderr += text;
  });
  return { child, output, exit: once(child, "close") as Promise<[number | null, string | null]> };
}

async function readyPort(child: ChildProcess, output: { stdout: string }): Promise<number> {
  for (;;) {
    const port = /ready on localhost:(\d+)/.exec(output.stdout)?.[1];
    if (port) return Number(port);
    await once(child.stdout ?? child, "data");
  }
}

test("the server tells a person where it is and how to call it, serves, and exits 0 on a signal", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { child, output, exit } = run({ PORT: "0", LOG_FORMAT: "pretty" });
    const port = await readyPort(child, output);
    for (const line of [
      `browser   http://localhost:${port}/`,
      `http://localhost:${port}/greeter.Greeter/SayHello`,
      `grpcurl -plaintext -d '{"name":"Ada"}' localhost:${port} greeter.Greeter/SayHello`,
      "callers   everybody on this machine: authentication is off",
    ]) {
      assert.ok(output.stdout.includes(line), line);
    }
    const response = await fetch(`http://localhost:${port}/Greeter/SayHello`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"name":"World"}',
    });
    assert.deepEqual(await response.json(), { message: "Hello, World" });
    child.kill(signal);
    assert.deepEqual(await exit, [0, null], output.stderr);
    assert.match(output.stdout, new RegExp(`${signal}: draining.* stopped\n`, "s"));
  }
});

test("where no person reads, ready is one line of JSON among others, whatever the level", async () => {
  for (const LOG_LEVEL of ["info", "error"]) {
    const { child, output, exit } = run({ PORT: "0", LOG_LEVEL });
    const port = await readyPort(child, output);
    child.kill();
    assert.deepEqual(await exit, [0, null], output.stderr);
    const [ready, ...rest] = output.stdout
      .trim()
      .split("\n")
      .map(line => JSON.parse(line));
    assert.equal(ready.url, `http://localhost:${port}`);
    assert.ok(ready.addresses.includes(`127.0.0.1:${port}`), output.stdout);
    assert.match(ready.callers, /^everybody on this machine/);
    assert.equal(rest.length > 0, LOG_LEVEL === "info", output.stdout);
  }
});

test("SIGUSR1 opens no debugger", async () => {
  const { child, output, exit } = run({ PORT: "0" });
  await readyPort(child, output);
  child.kill("SIGUSR1");
  while (!output.stdout.includes("SIGUSR1 opens no debugger")) await once(child.stdout, "data");
  child.kill();
  assert.deepEqual(await exit, [0, null]);
  assert.equal(output.stderr, "");
});

test("an argument is refused with what to do instead", async () => {
  const { output, exit } = run({ PORT: "0" }, "--port", "3");
  assert.deepEqual(await exit, [1, null]);
  assert.equal(output.stdout, "");
  assert.match(output.stderr, /^"--port": unknown; the one argument is --help; set environment variables[^\n]*\n$/);
});

test("a database of another kind is refused with the variable and what is allowed", async () => {
  const { output, exit } = run({ PORT: "0", DATABASE_URL: "mysql://me:secret@x/y" });
  assert.deepEqual(await exit, [1, null]);
  assert.match(
    output.stderr,
    /^DATABASE_URL: database url "mysql:\/\/\*\*\*@x\/y" is not one of sqlite:FILE, [^\n]*\n$/,
  );
});

test("a second signal cuts what the first one waits for", async () => {
  const { child, output, exit } = run({ PORT: "0", SHUTDOWN_GRACE_MS: "3600000" });
  const port = await readyPort(child, output);
  // Half a request, which the server has taken up once it says so: it waits for the rest.
  const socket = connect(port, "127.0.0.1");
  socket.write("POST /Greeter/SayHello HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n");
  socket.write("content-type: application/json\r\ncontent-length: 9\r\n\r\n{");
  socket.on("error", () => undefined);
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 100 Continue/);
  child.kill("SIGTERM");
  while (!output.stdout.includes("draining")) await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null], output.stderr);
  assert.match(output.stdout, /"stopped; what was left was cut"/);
});

test("settings that cannot be started with end in exit code 1 and one line each", async () => {
  const { output, exit } = run({ PORT: "http", MAX_STREAMS: "5" });
  assert.deepEqual(await exit, [1, null]);
  assert.equal(output.stdout, "");
  assert.equal(output.stderr.trim().split("\n").length, 2);
  assert.match(output.stderr, /^PORT="http": must be a whole number from 0 to 65535\nMAX_STREAMS="5": unknown; /);
});

test("a port that is taken ends in exit code 1 and one line", async () => {
  const first = run({ PORT: "0" });
  const port = await readyPort(first.child, first.output);
  const second = run({ PORT: String(port) });
  assert.deepEqual(await second.exit, [1, null]);
  const line = `^HOST, PORT: listen EADDRINUSE: .*:${port}; stop what listens there, or set another PORT\n$`;
  assert.match(second.output.stderr, new RegExp(line));
  first.child.kill();
  await first.exit;
});

test("a data file that is foreign, damaged or in use ends in exit code 1 and one line", async t => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  const text = join(folder.path, "text.db");
  writeFileSync(text, "a text file, and no database");
  const foreign = join(folder.path, "foreign.db");
  const other = openConnection(foreign);
  other.exec("CREATE TABLE t (x)");
  other.close();
  const own = join(folder.path, "own.db");
  await (await openSqliteStore({ file: own })).close();
  const cut = join(folder.path, "cut.db");
  writeFileSync(cut, readFileSync(own).subarray(0, 20_000));
  const store = await openSqliteStore({ file: own });
  t.after(() => store.close());
  const refusals = [
    [text, "is not a database"],
    [foreign, "is a database of another program"],
    [cut, "is damaged"],
    [own, "is in use by another server; stop that one, or set another DATABASE_URL"],
  ];
  for (const [file, why] of refusals) {
    const { output, exit } = run({ PORT: "0", DATABASE_URL: `sqlite:${file}` });
    assert.deepEqual(await exit, [1, null]);
    assert.equal(output.stderr, `DATABASE_URL: "${file}" ${why}\n`);
    assert.equal(output.stdout, "");
  }
});

test("an address that this machine does not have ends in exit code 1 and one line", async () => {
  // For documentation (RFC 5737).
  const { output, exit } = run({ PORT: "0", HOST: "192.0.2.1", INSECURE: "true" });
  assert.deepEqual(await exit, [1, null]);
  assert.match(output.stderr, /^HOST, PORT: listen EADDRNOTAVAIL: .*; this machine has no such address[^\n]*\n$/);
});

test("--help prints every setting and starts nothing", async () => {
  const { output, exit } = run({}, "--help");
  assert.deepEqual(await exit, [0, null]);
  assert.match(output.stdout, /GREETER_STREAM_INTERVAL_MS {2,}pause between/);
});
