import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import { bind } from "./bind.ts";

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
