import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempDisposableSync, statSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bind, socketPathOf } from "./bind.ts";

test("a port that is taken in one family is refused, and nothing is left listening", async () => {
  const holder = net.createServer().listen(0, "::1");
  await once(holder, "listening");
  const { port } = holder.address() as net.AddressInfo;
  const made: net.Server[] = [];
  const make = () => {
    const server = net.createServer();
    made.push(server);
    return server;
  };
  await assert.rejects(bind(make, "localhost", port), { code: "EADDRINUSE" });
  assert.ok(made.length > 0);
  assert.deepEqual(new Set(made.map(({ listening }) => listening)), new Set([false]));
  holder.close();
});

test("an address is bound alone where it is given", async () => {
  const servers = await bind(() => net.createServer(), "127.0.0.1", 0);
  assert.deepEqual(
    servers.map(server => (server.address() as net.AddressInfo).address),
    ["127.0.0.1"],
  );
  for (const server of servers) server.close();
});

test("a socket's file is its owner's alone, is refused to a second server, and goes with the first", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-"));
  const path = join(folder.path, "s");
  const [server] = await bind(() => net.createServer(), `unix:${path}`, 50051);
  assert.ok(server);
  assert.deepEqual(server.address(), { address: path, family: "unix", port: 0 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await assert.rejects(
    bind(() => net.createServer(), `unix:${path}`, 0),
    { code: "EADDRINUSE" },
  );
  assert.ok(existsSync(path));
  server.close();
  await once(server, "close");
  assert.ok(!existsSync(path));
});

test("the socket that a dead server left behind is taken over", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-"));
  const path = join(folder.path, "s");
  const code = "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  await once(spawn(process.execPath, ["-e", code, path]), "exit");
  assert.ok(statSync(path).isSocket());
  const [server] = await bind(() => net.createServer(), `unix:${path}`, 0);
  const client = net.connect(path);
  await once(client, "connect");
  client.destroy();
  server?.close();
});

test("a file that is no socket is left alone", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-"));
  const path = join(folder.path, "s");
  writeFileSync(path, "kept");
  await assert.rejects(
    bind(() => net.createServer(), `unix:${path}`, 0),
    { code: "EADDRINUSE" },
  );
  assert.equal(statSync(path).size, 4);
});

test("a host that names a socket is told from names and addresses", () => {
  for (const [host, path] of [
    ["unix:/run/s", "/run/s"],
    ["unix:///run/s", "/run/s"],
    ["unix:s", "s"],
    ["unix:", undefined],
    ["unix://run/s", undefined],
    ["localhost", undefined],
    ["::1", undefined],
  ] as const) {
    assert.equal(socketPathOf(host), path, host);
  }
});
