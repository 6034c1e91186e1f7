import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { startServer } from "../../test/support/server.ts";
import { passOn, startTcp } from "../../test/support/tcp-server.ts";
import { createConcierge } from "../index.ts";
import { protocols } from "../protocol.ts";

for (const protocol of protocols) {
  test(`a stream of requests that is canceled half-way is not whole to the server, over ${protocol}`, async () => {
    await using server = await startServer({ DEMO_DATA: "false" });
    await using client = createConcierge({ baseUrl: server.baseUrl, protocol, retry: false });
    for (const how of ["canceled", "out of time", "broken off"]) {
      const end = new AbortController();
      const never = Promise.withResolvers<void>();
      async function* users() {
        yield { user: { name: "half", email: "half@example.com" } };
        // It has arrived: the server answers in the order of what it is sent.
        await client.greeter.sayHello({ name: "Ada" });
        if (how === "canceled") end.abort();
        if (how === "broken off") throw new ConnectError("no more", Code.DataLoss);
        await never.promise;
      }
      const timeoutMs = how === "out of time" ? 200 : undefined;
      const requestId = `${protocol}, ${how}`.replaceAll(/\W+/g, "-");
      const call = { signal: end.signal, timeoutMs, headers: { "x-request-id": requestId } };
      await assert.rejects(client.directory.importUsers(users(), call));
      never.resolve();
      const { code } = await server.line(line => line.requestId === requestId && line.code !== undefined);
      assert.notEqual(code, "OK", how);
      assert.equal((await client.directory.listUsers({})).users.length, 0, how);
    }
  });
}

for (const how of ["reset", "closed"] as const) {
  test(`a stream of requests whose connection is ${how} half-way is UNAVAILABLE`, async () => {
    await using server = await startServer();
    const sockets: Socket[] = [];
    await using front = await startTcp(socket => {
      sockets.push(socket);
      passOn(socket, server.port);
    });
    for (const protocol of protocols) {
      await using client = createConcierge({ baseUrl: front.baseUrl, protocol, retry: false });
      const never = Promise.withResolvers<void>();
      async function* users() {
        yield { user: { name: "half", email: "half@example.com" } };
        await client.greeter.sayHello({ name: "Ada" });
        if (how === "reset") sockets.at(-1)?.resetAndDestroy();
        else sockets.at(-1)?.end();
        await never.promise;
      }
      await assert.rejects(client.directory.importUsers(users()), { code: Code.Unavailable });
      never.resolve();
    }
  });
}
