import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { freePort } from "../test/support/free-port.ts";
import { startServer } from "../test/support/server.ts";
import { startTcp } from "../test/support/tcp-server.ts";
import { createConcierge } from "./index.ts";

test("a server that starts after the client is waited for", async () => {
  const port = await freePort();
  await using concierge = createConcierge({ baseUrl: `http://127.0.0.1:${port}` });
  const ready = concierge.waitForReady();
  await using _server = await startServer({ PORT: String(port) });
  await ready;
});

test("a server that is not serving yet is asked again until it is", async () => {
  await using server = await startServer();
  server.app.health.set("greeter.Greeter", false);
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const ready = concierge.waitForReady({ service: "greeter.Greeter" });
  await server.line(({ msg }) => msg === "call");
  server.app.health.set("greeter.Greeter", true);
  await ready;
  assert.ok(server.lines.filter(({ msg }) => msg === "call").length > 1);
});

test("a service that is not there is told at once", async () => {
  await using server = await startServer();
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  await concierge.waitForReady({ service: "greeter.Greeter" });
  await assert.rejects(concierge.waitForReady({ service: "acme.Nothing" }), { code: Code.NotFound });
});

test("the waiting ends by its time, with the last answer, and by its signal", async t => {
  const time = new AbortController();
  t.mock.method(AbortSignal, "timeout", () => time.signal, { times: 1 });
  await using peer = await startTcp((socket, number) => {
    socket.end();
    // The second attempt comes once the first has failed.
    if (number === 2) time.abort(new DOMException("", "TimeoutError"));
  });
  await using concierge = createConcierge({ baseUrl: peer.baseUrl, retry: { waitForReady: true } });
  const late = { code: Code.DeadlineExceeded, rawMessage: /^not ready after 500 ms: \[unavailable\] cannot connect/ };
  await assert.rejects(concierge.waitForReady({ timeoutMs: 500 }), late);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(concierge.waitForReady({ signal }), { code: Code.Canceled });
});

test("the waiting ends by its time and its signal where the server takes connections and is silent", async () => {
  await using peer = await startTcp(() => {});
  await using concierge = createConcierge({ baseUrl: peer.baseUrl });
  const late = { code: Code.DeadlineExceeded, rawMessage: "not ready after 1 ms: no answer" };
  await assert.rejects(concierge.waitForReady({ timeoutMs: 1 }), late);
  const end = new AbortController();
  const ready = concierge.waitForReady({ signal: end.signal });
  const cause = new Error("enough");
  end.abort(cause);
  await assert.rejects(ready, { code: Code.Canceled, cause });
});
