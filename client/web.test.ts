import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { startServer } from "../test/support/server.ts";
import { createConcierge as createWebConcierge } from "./web.ts";

test("a fetch of one's own makes sense of a relative URL where there is no page", async () => {
  await using server = await startServer();
  const seen: unknown[] = [];
  const fetch: typeof globalThis.fetch = (url, init) => {
    seen.push(url);
    return globalThis.fetch(new URL(String(url), server.baseUrl), init);
  };
  for (const baseUrl of ["/", "."]) {
    await using concierge = createWebConcierge({ baseUrl, fetch });
    assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
  }
  assert.deepEqual(seen, ["/greeter.Greeter/SayHello", "./greeter.Greeter/SayHello"]);
});

test("the browser's client calls, and says UNAVAILABLE of a server that is not there", async () => {
  const server = await startServer();
  for (const protocol of ["connect", "grpc-web"] as const) {
    const concierge = createWebConcierge({ baseUrl: server.baseUrl, protocol });
    await concierge.waitForReady();
    assert.equal((await concierge.helloworld.sayHello({ name: "Ada" })).message, "Hello, Ada");
    for await (const { kind } of concierge.watch()) {
      assert.equal(kind, "bookmark");
      break;
    }
  }
  await server[Symbol.asyncDispose]();
  const concierge = createWebConcierge({ baseUrl: server.baseUrl, retry: false });
  await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Unavailable });
});
