import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import { bind } from "./bind.ts";

test("a port that is taken in one family is refused, and nothing is left listening", async () => {
  const holder = net.createServer().listen(0, "::1");
  await once(holder, "listening");
  const { port } = holder.address() as net.AddressInfo;
  await assert.rejects(
    bind(() => net.createServer(), "localhost", port),
    { code: "EADDRINUSE" },
  );
  const free = net.createServer().listen(port, "127.0.0.1");
  await once(free, "listening");
  holder.close();
  free.close();
});

test("an address is bound alone where it is given", async () => {
  const servers = await bind(() => net.createServer(), "127.0.0.1", 0);
  assert.deepEqual(
    servers.map(server => (server.address() as net.AddressInfo).address),
    ["127.0.0.1"],
  );
  for (const server of servers) server.close();
});
