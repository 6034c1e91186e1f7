import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";
import { mounted } from "./support/mounted.ts";
import { startServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

test("health knows each mounted service, on every protocol and HTTP version", async () => {
  await using server = await startServer();
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const client = createClient(Health, transport);
    assert.equal((await client.check({})).status, Status.SERVING, form);
    assert.equal((await client.check({ service: "greeter.Greeter" })).status, Status.SERVING, form);
    await assert.rejects(
      client.check({ service: "no.Such" }),
      error => ConnectError.from(error).code === Code.NotFound,
      form,
    );
    assert.deepEqual(Object.keys((await client.list({})).statuses).sort(), ["", ...mounted], form);
  }
});

test("watchers are told NOT_SERVING before a drain ends their streams, on every protocol and HTTP version", async () => {
  const server = await startServer({ SHUTDOWN_GRACE_MS: "3600000" });
  const watches = [];
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const states = createClient(Health, transport).watch({})[Symbol.asyncIterator]();
    assert.equal((await states.next()).value?.status, Status.SERVING, form);
    watches.push({ form, states });
  }
  const ends = watches.map(async ({ form, states }) => {
    assert.equal((await states.next()).value?.status, Status.NOT_SERVING, form);
    await assert.rejects(states.next(), error => ConnectError.from(error).code === Code.Unavailable, form);
  });
  await Promise.all([server.app.close(), ...ends]);
});

test("a watch that its client leaves ends on the server", async () => {
  await using server = await startServer();
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const requestId = form.replaceAll(/[^\w.]/g, "");
    const leave = new AbortController();
    const states = createClient(Health, transport).watch(
      {},
      { signal: leave.signal, headers: { "x-request-id": requestId } },
    );
    await assert.rejects(async () => {
      for await (const _ of states) leave.abort();
    }, form);
    await server.line(line => line.requestId === requestId);
  }
});

test("/livez and /readyz answer in plain HTTP", async () => {
  await using server = await startServer();
  for (const [path, body] of [
    ["/livez", "ok\n"],
    ["/readyz", "ok\n"],
    ["/readyz?verbose", "[+]server ok\n[+]store ok\nreadyz check passed\n"],
  ]) {
    const response = await fetch(server.baseUrl + path);
    assert.deepEqual([response.status, await response.text()], [200, body]);
    assert.equal((await fetch(server.baseUrl + path, { method: "HEAD" })).status, 200);
  }
});
