import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConcierge } from "../../client/index.ts";
import { jsonLines, runCommand, startCommand } from "../support/command-line.ts";
import { startServer } from "../support/server.ts";
import { hasTerminal, startOnTerminal } from "../support/terminal.ts";

const stream = "greeter.Greeter/Chat";

/** A call that waits for its client, until it is ended. */
async function openCall(baseUrl: string) {
  const client = createConcierge({ baseUrl });
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  async function* requests() {
    yield { name: "Ada" };
    await over;
  }
  const replies = client.greeter.chat(requests())[Symbol.asyncIterator]();
  await replies.next();
  return {
    replies,
    async [Symbol.asyncDispose]() {
      finish();
      await client.close();
    },
  };
}

test("top tells a program of methods and of calls that run, in an object each time", async () => {
  await using server = await startServer();
  await using _ = await openCall(server.baseUrl);
  const env = { CONCIERGE_URL: server.baseUrl };
  const once = await runCommand(["top", "--once", "--interval", "250ms"], { env });
  assert.equal(once.exitCode, 0, once.stderr);
  const [sample, ...rest] = jsonLines(once.stdout);
  assert.equal(rest.length, 0);
  const methods = sample?.methods as { method: string; inFlight: number }[];
  assert.equal(methods.find(({ method }) => method === stream)?.inFlight, 1);
  const calls = sample?.calls as { method: string; waitsFor: string }[];
  assert.deepEqual(
    calls.map(({ method, waitsFor }) => [method, waitsFor]),
    [[stream, "PARTY_CLIENT"]],
  );
  await using live = startCommand(["top", "--interval", "250ms"], { env });
  await live.said("stdout", /"methods".*\n.*"methods".*\n/);
  live.child.kill("SIGINT");
  assert.equal((await live.ended).exitCode, 130);
});

test("top says what is wrong with its options, and who may not look", async () => {
  await using server = await startServer({ ADMIN: "off" });
  const interval = await runCommand(["top", "--interval", "100ms", "--url", server.baseUrl]);
  assert.equal(interval.exitCode, 64);
  assert.match(interval.stderr, /--interval/);
  const many = await runCommand(["top", "--url", "localhost:1,localhost:2"]);
  assert.equal(many.exitCode, 64);
  assert.match(many.stderr, /top asks one server/);
  const off = await runCommand(["top", "--once", "--url", server.baseUrl]);
  assert.equal(off.exitCode, 64 + Code.Unimplemented);
});

test("a person sees the methods and calls live, and cancels one with a key", {
  skip: !hasTerminal && "needs util-linux's script(1)",
}, async () => {
  await using server = await startServer();
  await using call = await openCall(server.baseUrl);
  const env = { CONCIERGE_URL: server.baseUrl };
  await using top = startOnTerminal(["top", "--interval", "250ms"], { env, columns: 120 });
  await top.said("stdout", /METHOD +CALLS\/S.* AGE +METHOD.*greeter\.Greeter\/Chat/s);
  top.stdin.write("\u001b[B");
  await top.said("stdout", /> [^\n]*greeter\.Greeter\/Chat[^\n]*client/);
  const canceled = assert.rejects(
    call.replies.next(),
    error => error instanceof ConnectError && error.code === Code.Canceled && /by an administrator/.test(error.message),
  );
  top.stdin.write("c");
  await canceled;
  await top.said("stdout", /canceled greeter\.Greeter\/Chat of network 127\.0\.0\.1/);
  await top.said("stdout", /no other call runs/);
  top.stdin.write("q");
  const { exitCode, stdout } = await top.ended;
  assert.equal(exitCode, 0);
  assert.ok(stdout.endsWith("\u001b[?25h\u001b[?1049l"), JSON.stringify(stdout.slice(-200)));
});

test("a person sees one look in tables", { skip: !hasTerminal && "needs util-linux's script(1)" }, async () => {
  await using server = await startServer();
  await using _ = await openCall(server.baseUrl);
  await using top = startOnTerminal(["top", "--once", "--interval", "250ms"], {
    env: { CONCIERGE_URL: server.baseUrl },
    columns: 120,
  });
  top.stdin.write("");
  const { exitCode, stdout } = await top.ended;
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, / pid \d+, up .* connections .*event loop .*heap \d+ of \d+ MB/);
  assert.match(stdout, /greeter\.Greeter\/Chat +0 +0 +1/);
});
