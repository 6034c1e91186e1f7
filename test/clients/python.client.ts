import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mounted } from "../support/mounted.ts";
import { startServer } from "../support/server.ts";
import { installedTool } from "../support/tools.ts";

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

test("Python builds messages from reflection and makes each kind of call", async () => {
  await using server = await startServer();
  const args = [script("reflection.py"), `localhost:${server.port}`];
  const { stdout } = await promisify(execFile)(installedTool("python/bin/python"), args);
  assert.deepEqual(JSON.parse(stdout), {
    services: mounted,
    methods: ["SayHello", "SayHelloStream", "SayHelloToMany", "Chat"],
    unary: "Hello, Ada! You are 36 years old.",
    server_streaming: [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
    client_streaming: "Hello to 4 people! Average age: 31.2",
    bidi_streaming: ["Echo #1: one", "Echo #2: two"],
  });
});

test("Python checks health, and its watch sees NOT_SERVING before a drain ends it", async () => {
  await using server = await startServer({ SHUTDOWN_GRACE_MS: "3600000" });
  // Where an assertion fails, nothing waits for what is left.
  using _cut = { [Symbol.dispose]: () => server.app.abort() };
  const child = spawn(installedTool("python/bin/python"), [script("health.py"), `localhost:${server.port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "close");
  const lines: string[] = [];
  let closed: Promise<void> | undefined;
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line === "watch SERVING") closed = server.app.close();
  }
  assert.deepEqual(lines, [
    "check '' SERVING",
    "check 'greeter.Greeter' SERVING",
    "check 'no.Such' NOT_FOUND",
    "watch SERVING",
    "watch NOT_SERVING",
    "watch UNAVAILABLE",
  ]);
  assert.deepEqual(await exit, [0, null]);
  await closed;
});

test("Prometheus' client for Python parses the metrics in both formats, exemplars among them", async () => {
  await using server = await startServer();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { "content-type": "application/json", traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await fetch(`${server.baseUrl}/greeter.Greeter/SayHello`, { method: "POST", headers, body: '{"name":"Ada"}' });
  const args = [script("metrics.py"), `${server.baseUrl}/metrics`];
  const { stdout } = await promisify(execFile)(installedTool("python/bin/python"), args);
  const { types, plain, open } = JSON.parse(stdout);
  assert.deepEqual(types, [
    "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  ]);
  const calls = [["SayHello", "OK", 1]];
  assert.deepEqual(plain.calls, calls);
  assert.deepEqual(open, { families: plain.families, calls, exemplars: [traceId] });
});
