import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { startPort } from "../test/support/port.ts";

const script = fileURLToPath(new URL("serve-until-signal.fixture.ts", import.meta.url));

/** A process that serves, and what it wrote so far. */
function start(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [script], { env: { PATH: process.env.PATH, ...env } });
  t.after(() => child.kill("SIGKILL"));
  const written = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", text => {
    written.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", text => {
    written.err += text;
  });
  return { child, written };
}

/** Waits until the process has written what matches. */
async function wrote({ child, written }: ReturnType<typeof start>, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(written.out);
    if (found) return found;
    await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  }
}

test("a host serves until a signal, and says in lines of its log when it is ready and what it waits for", async t => {
  const server = start(t);
  const [, url] = await wrote(server, /"url":"(http:\/\/localhost:\d+)".*"msg":"ready on localhost:\d+"/);
  assert.equal(await (await fetch(`${url}/readyz`)).text(), "ok\n");
  server.child.kill("SIGINT");
  const [code] = await once(server.child, "exit");
  assert.equal(code, 0);
  assert.match(server.written.out, /"msg":"SIGINT: draining, a second signal cuts that short".*"msg":"stopped"/s);
  for (const line of server.written.out.trim().split("\n")) assert.ok(JSON.parse(line).level, line);
});

test("a second signal cuts what the drain waits for", async t => {
  const server = start(t);
  const [, baseUrl = ""] = await wrote(server, /"url":"(http:\/\/localhost:\d+)"/);
  const stream = createClient(Greeter, createGrpcTransport({ baseUrl })).sayHelloStream({})[Symbol.asyncIterator]();
  await stream.next();
  const cut = stream.next();
  server.child.kill("SIGTERM");
  await wrote(server, /SIGTERM: draining/);
  server.child.kill("SIGTERM");
  await assert.rejects(cut);
  assert.deepEqual(await once(server.child, "exit"), [0, null]);
  assert.match(server.written.out, /stopped; what was left was cut/);
});

test("what keeps a host from starting is told in a line, where it can be mended from outside", async t => {
  await using taken = await startPort();
  const server = start(t, { PORT: String(taken.number) });
  assert.deepEqual(await once(server.child, "close"), [1, null]);
  assert.match(
    server.written.err,
    /^HOST, PORT: listen EADDRINUSE: .*; stop what listens there, or set another PORT\n$/,
  );
});

test("what is a mistake of the program's is thrown", async t => {
  const server = start(t, { SECRET: "short" });
  assert.deepEqual(await once(server.child, "close"), [1, null]);
  assert.match(server.written.err, /TypeError: auth\.secret: secret of 5 bytes: must have at least 32\n\s+at /);
});
