import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createConcierge } from "../../client/index.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { bind } from "../../host/listener/bind.ts";
import { openSqliteStore } from "../../server/store/sqlite/sqlite-store.ts";
import { makeFolder } from "../support/certificates.ts";
import { startWorkers } from "../support/worker-server.ts";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** Starts two workers where they cannot start, and returns how that ends. */
async function startInVain(env: Readonly<Record<string, string>>) {
  const settings = { PATH: process.env.PATH, WORKERS: "2", PORT: "0", DATABASE_URL: "sqlite::memory:" };
  const child = spawn(process.execPath, [main], { env: { ...settings, ...env }, stdio: "pipe" });
  // Comes with the last process that has its standard output, so with all workers.
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, stdout, stderr };
}

test("workers share one port, over both loopback families, and take connections in turns", async () => {
  await using server = await startWorkers({ HOST: "localhost" });
  const ready = server.lines.filter(({ msg }) => /^Concierge is ready/.test(msg ?? ""));
  assert.equal(ready.length, 1);
  assert.deepEqual(ready[0]?.addresses, [`127.0.0.1:${server.port}`, `[::1]:${server.port}`]);
  for (const host of ["127.0.0.1", "[::1]"]) await server.connect(`http://${host}:${server.port}`);
});

test("workers serve by node:http2 as one process does", async () => {
  await using server = await startWorkers({ HTTP_ENGINE: "node" });
  for (const { transport } of await server.connect()) {
    const { message } = await createClient(Greeter, transport).sayHello({ name: "Ada" });
    assert.equal(message, "Hello, Ada!");
  }
  const headers = { "content-type": "application/json" };
  const post = { method: "POST", headers, body: JSON.stringify({ name: "Ada" }) };
  const response = await fetch(`${server.baseUrl}/greeter.Greeter/SayHello`, post);
  assert.match(await response.text(), /"message":"Hello, Ada!"/);
  assert.equal(await server.stop(), 0, server.errors());
});

test("all lines of a worker name it, and the supervisor's name none but those of a worker", async () => {
  await using server = await startWorkers();
  await server.connect();
  for (const { msg, worker } of server.lines.filter(({ msg }) => msg === "call" || msg === "a worker is ready")) {
    assert.ok(worker === 1 || worker === 2, String(msg));
  }
});

test("workers share a Unix domain socket, which is its owner's alone, takes a dead one's place, and goes with them", async () => {
  using folder = makeFolder();
  const path = `${folder.path}/s`;
  for (let life = 0; life < 2; life++) {
    await using server = await startWorkers({ HOST: `unix:${path}` });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    for (let n = 0; n < 2; n++) {
      await using concierge = createConcierge({ baseUrl: `unix:${path}` });
      assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
    }
    server.process.kill(life === 0 ? "SIGKILL" : "SIGTERM");
    await server.ended;
    assert.equal(existsSync(path), life === 0);
  }
});

test("workers that cannot start end the server with exit code 1 and the line that one would", async () => {
  using folder = makeFolder();
  const file = `${folder.path}/x.db`;
  const [taken] = await bind(() => createServer(), "127.0.0.1", 0);
  const port = (taken?.address() as AddressInfo | undefined)?.port;
  const store = await openSqliteStore({ file });
  try {
    const refusals = [
      [
        { HOST: "127.0.0.1", PORT: `${port}` },
        new RegExp(`^HOST, PORT: listen EADDRINUSE[^\n]*:${port}; stop what listens there, or set another PORT\n$`),
      ],
      [
        { DATABASE_URL: `sqlite:${file}` },
        /^DATABASE_URL: "[^\n]*" is in use by another server; stop that one[^\n]*\n$/,
      ],
      [{ DATABASE_URL: "postgresql://me@/x?host=/nowhere&schema=Bad" }, /^DATABASE_URL: [^\n]*schema[^\n]*\n$/],
      [{ HOST: `unix:${folder.path}/none/s` }, /^HOST: listen EACCES[^\n]*; its folder must be there[^\n]*\n$/],
      [{ WORKERS: "0" }, /^WORKERS="0": must be auto, or a whole number from 1 to 256\n$/],
    ] as const;
    for (const [env, line] of refusals) {
      const { code, stdout, stderr } = await startInVain(env);
      assert.match(stderr, line);
      assert.deepEqual([code, stdout], [1, ""]);
    }
  } finally {
    await store.close();
    taken?.close();
  }
});

test("a server in one process loads nothing of workers, and one of several does", async () => {
  const hook = `
    import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) {
      if (url.includes("/server/workers/")) process.stderr.write(url + "\\n");
      return next(url, context);
    } });`;
  const loading = ["--import", `data:text/javascript,${encodeURIComponent(hook)}`];
  for (const WORKERS of ["1", "2"]) {
    const env = { PATH: process.env.PATH, WORKERS, PORT: "0", DATABASE_URL: "sqlite::memory:" };
    const child = spawn(process.execPath, [...loading, main], { env, stdio: "pipe" });
    const loaded = text(child.stderr);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    assert.equal(/\/server\/workers\//.test(await loaded), WORKERS === "2");
  }
});
