import assert from "node:assert/strict";
import { test } from "node:test";
import { createConcierge } from "../../client/index.ts";
import { makeFolder } from "../support/certificates.ts";
import { runCommand, startCommand } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { startServer } from "../support/server.ts";
import { hasTerminal, startOnTerminal } from "../support/terminal.ts";

test("watch tells of each change in a line of JSON with the token that goes on after it", async () => {
  await using server = await startServer();
  await using client = createConcierge({ baseUrl: server.baseUrl });
  const env = { CONCIERGE_URL: server.baseUrl };
  await using watch = startCommand(["watch", "2"], { env });
  await watch.said("stdout", /"kind":"bookmark"/);
  await client.directory.reportEvent({ userId: "1", type: "login" });
  await client.directory.reportEvent({ userId: "2", type: "login" });
  const [line] = await watch.said("stdout", /^\{"kind":"transaction".*\}\n/m);
  const { events, resumeToken } = JSON.parse(line);
  assert.deepEqual([events[0].userId, events[0].type], ["2", "login"]);
  watch.child.kill("SIGINT");
  assert.deepEqual((await watch.ended).exitCode, 130);
  assert.equal(watch.output.stderr, "");

  await client.directory.updateUser({ user: { id: "2", name: "Robert" }, updateMask: { paths: ["name"] } });
  const rest = await runCommand(["watch", "2", "--resume", resumeToken, "--count", "1"], { env });
  assert.equal(rest.exitCode, 0, rest.stderr);
  assert.match(rest.stdout, /"type":"profile_updated"[^\n]*"name":"Robert"/);
  assert.ok(!rest.stdout.includes("login"));
});

test("watch begins with the users as they are, or with the oldest event", async () => {
  await using server = await startServer();
  const env = { CONCIERGE_URL: server.baseUrl };
  await using snapshot = startCommand(["watch", "--role", "editor", "--from", "snapshot"], { env });
  await snapshot.said("stdout", /"kind":"synced"/);
  snapshot.child.kill("SIGTERM");
  assert.equal((await snapshot.ended).exitCode, 143);
  assert.deepEqual(snapshot.output.stdout.match(/"name":"[^"]*"/g), ['"name":"Bob Smith"', '"name":"Eve Davis"']);
  const earliest = await runCommand(["watch", "--from", "earliest", "--count", "5"], { env });
  assert.equal(earliest.stdout.match(/"type":"created"/g)?.length, 5);
});

test("watch goes on after the server was gone, with nothing missing and nothing twice", async () => {
  using folder = makeFolder();
  const port = String(await freePort());
  const settings = { PORT: port, DATABASE_URL: `sqlite:${folder.path}/users.db` };
  const first = await startServer(settings);
  await using client = createConcierge({ baseUrl: first.baseUrl });
  await using watch = startCommand(["watch"], { env: { CONCIERGE_URL: first.baseUrl } });
  await watch.said("stdout", /"kind":"bookmark"/);
  await client.directory.reportEvent({ userId: "1", type: "one" });
  await watch.said("stdout", /"type":"one"/);
  await first[Symbol.asyncDispose]();
  await watch.said("stderr", /; trying to go on\n/);
  await using _ = await startServer(settings);
  await client.directory.reportEvent({ userId: "1", type: "two" });
  await watch.said("stdout", /"type":"two"/);
  await watch.said("stderr", /connected again\n$/);
  assert.deepEqual(watch.output.stdout.match(/"type":"\w+"/g), ['"type":"one"', '"type":"two"']);
});

test("--deadline is for the whole of a watch", async () => {
  await using server = await startServer();
  const { exitCode, stderr } = await runCommand(["watch", "--deadline", "500ms", "--url", server.baseUrl]);
  assert.equal(exitCode, 64 + 4);
  assert.match(stderr, /^error: DEADLINE_EXCEEDED: the watch has taken its 500 ms\n/);
});

test("watch does not wait for a server that was never there", async () => {
  const { exitCode, stderr } = await runCommand(["watch", "--url", "localhost:1"]);
  assert.equal(exitCode, 78);
  assert.match(stderr, /^error: UNAVAILABLE: .*ECONNREFUSED/);
});

test("a person sees a line for each event, and how to go on", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  await using server = await startServer();
  await using client = createConcierge({ baseUrl: server.baseUrl });
  await using watch = startOnTerminal(["watch", "3", "--from", "snapshot"], { env: { CONCIERGE_URL: server.baseUrl } });
  await watch.said("stdout", /-- this is how it is; what follows happens now\r\n/);
  await client.directory.reportEvent({ userId: "3", type: "login", payload: Buffer.from("from\u001b[2J Rome") });
  await watch.said("stdout", /Z {2}login {13}user 3 {6}from\\u001b\[2J Rome\r\n/);
  assert.match(
    watch.output.stdout,
    /^2025-10-29T10:10:00Z {2}is {16}user 3 {6}Carol White <carol@example\.com> viewer\r\n/,
  );
  // Typed, as a person ends it.
  watch.stdin.write("\u0003");
  const { exitCode, stdout } = await watch.ended;
  assert.equal(exitCode, 130);
  assert.match(stdout, /to go on from here: npm run --silent concierge -- watch 3 --resume \S+/);
});
