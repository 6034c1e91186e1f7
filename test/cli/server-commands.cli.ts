import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeJwt } from "jose";
import { makeFolder } from "../support/certificates.ts";
import { commandScript, runCommand, startCommand, watchProcess } from "../support/command-line.ts";

const secret = { AUTH_JWT_SECRET: "s".repeat(32), AUTH_ISSUER: "me" };

test("serve runs the server with its options over the environment, and ends with 0 on Ctrl-C", async () => {
  using folder = makeFolder();
  await using server = startCommand(["serve", "--port", "0", "--database", "sqlite:./users.db"], {
    cwd: folder.path,
    env: { PORT: "1", LOG_LEVEL: "warn" },
  });
  const [, port] = await server.said("stdout", /ready on localhost:(\d+)/);
  const response = await fetch(`http://localhost:${port}/readyz`);
  assert.equal(response.status, 200);
  assert.ok(existsSync(join(folder.path, "users.db")));
  server.child.kill("SIGINT");
  assert.equal((await server.ended).exitCode, 0);
});

test("serve takes the settings of the .env file where it is started", async () => {
  using folder = makeFolder();
  folder.write(".env", "PORT=http\n");
  const { exitCode, stderr } = await runCommand(["serve"], { cwd: folder.path });
  assert.equal(exitCode, 1);
  assert.equal(stderr, 'error: PORT="http": must be a whole number from 0 to 65535\n');
});

test("serve --settings prints every setting and starts nothing", async () => {
  const { exitCode, stdout } = await runCommand(["serve", "--settings"]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^ {2}DATABASE_URL {2,}where users are kept/m);
});

test("demo checks every reply of the tutorials' calls", async () => {
  const { exitCode, stdout } = await runCommand(["demo"]);
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, /Every reply is as the contract states\./);
});

test("token mints a token from the settings of the server", async () => {
  const args = ["token", "--sub", "alice", "--role", "admin", "--ttl", "15m"];
  const { stdout } = await runCommand(args, { env: secret });
  const { sub, role, iss, exp = 0, iat = 0 } = decodeJwt(stdout.trim());
  assert.deepEqual({ sub, role, iss, ttl: exp - iat }, { sub: "alice", role: "admin", iss: "me", ttl: 900 });
});

test("token says in a line what cannot be minted", async () => {
  const mint = (args: string[], env: Record<string, string> = secret) => runCommand(["token", ...args], { env });
  const [nobody, root, week, open] = await Promise.all([
    mint([]),
    mint(["--sub", "a", "--role", "root"]),
    mint(["--sub", "a", "--ttl", "1w"]),
    mint(["--sub", "a"], {}),
  ]);
  assert.match(nobody.stderr, /^error: required option '--sub <name>' not specified/);
  assert.match(root.stderr, /^error: option '--role <role>' argument 'root' is invalid. Allowed choices are viewer, /);
  assert.match(week.stderr, /^error: option '--ttl <time>': ttl "1w": must be 1s to 365d, such as 15m/);
  assert.match(open.stderr, /^error: set AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE first/);
  assert.deepEqual(
    [nobody, root, week, open].map(({ exitCode }) => exitCode),
    [64, 64, 64, 1],
  );
});

test("an older Node.js is told which one is needed", async () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const old = 'data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "24.6.9" } })';
  const { exitCode, stderr } = await watchProcess(process.execPath, ["--import", old, commandScript]).ended;
  const needed = engines.node.replace(">=", "");
  assert.deepEqual([exitCode, stderr], [1, `error: concierge needs Node.js ${needed} or later, and this is 24.6.9\n`]);
});

test("dev-cert writes certificates and says how to use them", async () => {
  using folder = makeFolder();
  const { exitCode, stdout } = await runCommand(["dev-cert", "--name", "concierge.test"], { cwd: folder.path });
  assert.equal(exitCode, 0);
  assert.match(stdout, /for localhost, 127\.0\.0\.1, ::1, concierge\.test are in \.\/certs;/);
  assert.match(stdout, /^ {2}server +TLS_CERT_FILE=\S+ TLS_KEY_FILE=\S+ npm start$/m);
  assert.ok(existsSync(join(folder.path, "certs/server-key.pem")));
  if (!existsSync("/proc")) return;
  const nowhere = await runCommand(["dev-cert", "--out", "/proc/certs"], { cwd: folder.path });
  assert.deepEqual([nowhere.exitCode, nowhere.stderr.split(":", 2)[1]], [1, " ENOENT"]);
});

test("restore puts a backup in the database's place, once no server has it", async () => {
  using folder = makeFolder();
  const restore = (...args: string[]) => runCommand(["restore", ...args], { cwd: folder.path });
  const server = startCommand(["serve", "--port", "0"], { cwd: folder.path });
  await server.said("stdout", /ready on localhost:(\d+)/);
  assert.equal((await runCommand(["backup", "copy.db"], { cwd: folder.path })).exitCode, 0);
  const running = await restore("copy.db");
  assert.equal(running.exitCode, 1);
  assert.match(running.stderr, /^error: ".*concierge\.db" is in use by another server\n$/);
  await server[Symbol.asyncDispose]();
  const { exitCode, stdout, stderr } = await restore("copy.db");
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /concierge\.db: \d+ bytes, from copy\.db\n.*\.before-restore-\S+: what was there before\n$/);
  await using again = startCommand(["serve", "--port", "0"], { cwd: folder.path });
  await again.said("stdout", /ready on/);
  const missing = await restore("none.db", "--database", "sqlite:./other.db");
  assert.deepEqual([missing.exitCode, missing.stderr], [1, 'error: "none.db" does not exist\n']);
  assert.equal(existsSync(join(folder.path, "other.db")), false);
});

test("backup copies the database, and says where there is none", async () => {
  using folder = makeFolder();
  await using server = startCommand(["serve", "--port", "0"], { cwd: folder.path });
  await server.said("stdout", /ready on localhost:(\d+)/);
  const copy = await runCommand(["backup", "copy.db"], { cwd: folder.path });
  assert.equal(copy.exitCode, 0, copy.stderr);
  assert.match(copy.stdout, /^copy\.db: \d+ bytes\n$/);
  const missing = await runCommand(["backup", "b.db", "--database", "sqlite:./none.db"], { cwd: folder.path });
  assert.equal(missing.exitCode, 1);
  assert.equal(missing.stderr, 'error: "./none.db" does not exist\n');
  const [nowhere, onto, unwritable] = await Promise.all(
    [join("no-folder", "copy.db"), ".", "/proc/copy.db"].map(file =>
      runCommand(["backup", file], { cwd: folder.path }),
    ),
  );
  assert.deepEqual([nowhere?.exitCode, nowhere?.stderr], [1, 'error: "no-folder" is not a folder\n']);
  assert.deepEqual([onto?.exitCode, onto?.stderr], [1, 'error: "." is a folder\n']);
  if (existsSync("/proc"))
    assert.match(unwritable?.stderr ?? "", /^error: "\/proc\/copy\.db" cannot be written: .*\n$/);
});
