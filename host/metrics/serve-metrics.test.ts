import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { pino } from "pino";
import { freePort } from "../../test/support/free-port.ts";
import { mintToken } from "../auth/mint-token.ts";
import type { Role } from "../auth/role.ts";
import { createHost } from "../host.ts";
import type { HostOptions } from "../host-options.ts";

async function startHost(options: Partial<HostOptions> = {}) {
  const host = await createHost({ services: [], log: pino({ level: "silent" }), shutdownGraceMs: 0, ...options });
  const [address] = await host.listen({ host: "localhost", port: 0 });
  return { host, port: address?.port ?? 0, [Symbol.asyncDispose]: () => host.close() };
}

/** Asks as no `fetch` may: with any name for the host. */
async function ask(port: number, headers: Record<string, string> = {}, path = "/metrics", method = "GET") {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; type: string; body: string }>();
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, async response => {
    const { statusCode: status = 0, headers: fields } = response;
    resolve({ status, type: String(fields["content-type"]), body: await text(response) });
  });
  sent.on("error", reject).end();
  return promise;
}

const prometheusAccept =
  "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

test("this machine reads the metrics in the format that it likes best", async () => {
  await using server = await startHost();
  const plain = await ask(server.port);
  assert.equal(plain.status, 200);
  assert.match(plain.type, /^text\/plain; version=0\.0\.4/);
  assert.match(plain.body, /^grpc_server_started_total\{/m);
  assert.match(plain.body, /^nodejs_heap_size_used_bytes \d+$/m);
  assert.match(plain.body, /^concierge_connections\{protocol="http1"\} 1$/m);
  const open = await ask(server.port, { accept: prometheusAccept });
  assert.match(open.type, /^application\/openmetrics-text; version=1\.0\.0/);
  assert.ok(open.body.endsWith("# EOF\n"));
  const head = await ask(server.port, {}, "/metrics", "HEAD");
  assert.deepEqual([head.status, head.body], [200, ""]);
});

test("whoever comes through a proxy, or by another name, is refused", async () => {
  await using server = await startHost();
  const requests: Record<string, string>[] = [
    { "x-forwarded-for": "192.0.2.1" },
    { forwarded: "for=192.0.2.1" },
    { via: "1.1 proxy" },
    { host: "rebound.example" },
    { host: "127.0.0.1.example:80" },
  ];
  for (const headers of requests) {
    const { status, body } = await ask(server.port, headers);
    assert.equal(status, 403, JSON.stringify(headers));
    assert.doesNotMatch(body, /grpc_server/);
  }
  assert.equal((await ask(server.port, { host: "[::1]:80" })).status, 200);
});

test("metrics that are off are not there, nor counted", async () => {
  await using server = await startHost({ metrics: "off" });
  assert.equal((await ask(server.port)).status, 404);
  assert.equal(server.host.metrics, undefined);
});

test("a function decides request by request", async () => {
  await using server = await startHost({ metrics: async ({ headers }) => headers["x-key"] === "open" });
  assert.equal((await ask(server.port)).status, 403);
  assert.equal((await ask(server.port, { "x-key": "open", "x-forwarded-for": "192.0.2.1" })).status, 200);
});

test("administrators read them with their token, and nobody else", async () => {
  const secret = "a secret of at least thirty-two bytes";
  await using server = await startHost({ metrics: "admin", auth: { secret } });
  async function bearer(role: Role) {
    return { authorization: `Bearer ${await mintToken({ secret, subject: "ada", role, ttlSeconds: 60 })}` };
  }
  assert.equal((await ask(server.port)).status, 401);
  assert.equal((await ask(server.port, { authorization: "Bearer nonsense" })).status, 401);
  assert.equal((await ask(server.port, await bearer("editor"))).status, 403);
  assert.equal((await ask(server.port, { ...(await bearer("admin")), "x-forwarded-for": "192.0.2.1" })).status, 200);
});

test("a port of its own has the metrics and nothing else, and ends with the host", async () => {
  const port = await freePort();
  const server = await startHost({ metrics: port });
  assert.equal((await ask(server.port)).status, 404);
  const own = await ask(port, { host: "elsewhere.example", accept: prometheusAccept });
  assert.equal(own.status, 200);
  assert.ok(own.body.endsWith("# EOF\n"));
  assert.equal((await ask(port, {}, "/livez")).status, 404);
  assert.equal((await ask(port, {}, "/metrics", "POST")).status, 404);
  await server.host.close();
  await assert.rejects(ask(port), { code: "ECONNREFUSED" });
});

test("a collector's families are among them, and what one throws refuses the scrape alone", async () => {
  await using server = await startHost();
  const { metrics } = server.host;
  metrics?.add(async () => [{ name: "doors", help: "Open doors.", type: "gauge", values: [{ value: 2 }] }]);
  assert.match((await ask(server.port)).body, /^doors 2$/m);
  metrics?.add(() => {
    throw new Error("no");
  });
  assert.equal((await ask(server.port)).status, 500);
  assert.equal((await ask(server.port, {}, "/livez")).status, 200);
});
