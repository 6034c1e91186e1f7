import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import * as net from "node:net";
import { test } from "node:test";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { testEngine } from "./support/engine.ts";
import { openHttp2 } from "./support/open-http2.ts";
import { startServer, type TestServer } from "./support/server.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);
const json = { "content-type": "application/json" };

function greet(server: TestServer, headers: Record<string, string> = {}) {
  return fetch(`${server.baseUrl}/greeter.Greeter/SayHello`, {
    method: "POST",
    headers: { ...json, ...headers },
    body: "{}",
  });
}

/** Asks over HTTP/1.1 for a name of the caller's choice, as `fetch` would not. */
async function ask(port: number, headers: Record<string, string>, method = "POST", path = "/greeter.Greeter/SayHello") {
  const request = http.request({ host: "127.0.0.1", port, method, path, headers });
  request.end(method === "POST" ? "{}" : undefined);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: (await response.toArray()).join("") };
}

test("demo users are only where this machine alone can reach them, unless they are asked for", async () => {
  const auth = { AUTH_JWT_SECRET: secretText };
  const token = await mintToken({ secret, subject: "7", role: "viewer", ttlSeconds: 60 });
  for (const [env, users] of [
    [{}, 5],
    [{ DEMO_DATA: "false" }, 0],
    [auth, 0],
    [{ ...auth, DEMO_DATA: "true" }, 5],
    [{ HOST: "0.0.0.0", INSECURE: "true" }, 0],
    [{ HOST: "0.0.0.0", INSECURE: "true", DEMO_DATA: "true" }, 5],
  ] as const) {
    await using server = await startServer(env);
    const headers = { ...json, authorization: `Bearer ${token}` };
    const url = `${server.baseUrl}/concierge.directory.v1.DirectoryService/ListUsers`;
    const answer = (await (await fetch(url, { method: "POST", headers, body: "{}" })).json()) as { users?: unknown[] };
    assert.equal(answer.users?.length ?? 0, users, JSON.stringify(env));
  }
});

test("a server with authentication listens anywhere", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secretText, HOST: "0.0.0.0" });
  assert.equal((await ask(server.port, { ...json, host: "concierge.example.com" })).status, 200);
});

test("on loopback another host's name is refused before routing, over both HTTP versions", async () => {
  await using server = await startServer();
  for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:80", "[::1]:50051"]) {
    assert.equal((await ask(server.port, { ...json, host })).status, 200, host);
  }
  for (const host of [
    "evil.example.com",
    "localhost.evil.example.com",
    "127.0.0.1.nip.io",
    "localhost.",
    "2130706433",
    "127.1",
    "localhost:80:80",
    "10.0.0.1",
    "[::2]",
  ]) {
    for (const path of ["/greeter.Greeter/SayHello", "/none"]) {
      const { status, body } = await ask(server.port, { ...json, host }, "POST", path);
      assert.equal(status, 403, host);
      assert.equal(JSON.parse(body).code, "permission_denied");
    }
    assert.equal((await ask(server.port, { host }, "GET", "/")).status, 403);
  }
  const session = openHttp2(server.baseUrl);
  for (const [names, status] of [
    [{ ":authority": "localhost" }, undefined],
    [{ ":authority": "evil.example.com" }, "7"],
    [{ ":authority": "LOCALHOST:1", host: "localhost:1" }, undefined],
  ] as const) {
    const path = { ":method": "POST", ":path": "/greeter.Greeter/SayHello" };
    const stream = session.request({ ...path, ...names, "content-type": "application/grpc" });
    stream.end(Buffer.alloc(5));
    const [head] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    assert.equal(head["grpc-status"], status, JSON.stringify(names));
  }
  // One request that names two hosts is malformed (RFC 9113 section 8.3.1), which node:http2 does not know.
  for (const names of [
    { ":authority": "localhost", host: "evil.example.com" },
    { ":authority": "evil.example.com", host: "localhost" },
  ]) {
    const path = { ":method": "POST", ":path": "/greeter.Greeter/SayHello" };
    const stream = session.request({ ...path, ...names, "content-type": "application/grpc" });
    stream.end(Buffer.alloc(5));
    const refused = await once(stream, "response").then(
      ([head]) => `status ${head["grpc-status"]}`,
      () => `reset ${stream.rstCode}`,
    );
    assert.equal(refused, testEngine === "node" ? "status 7" : "reset 1", JSON.stringify(names));
  }
  session.close();
});

test("on loopback a request's target counts as much as its host, and who names none is let pass", async () => {
  await using server = await startServer();
  const own = { ...json, host: "localhost" };
  const path = "/greeter.Greeter/SayHello";
  for (const [target, status] of [
    [`http://localhost:1${path}`, 200],
    [`http://evil.example.com${path}`, 403],
    [`http://localhost@evil.example.com${path}`, 403],
    [`http://localhost:1${path}?x`, 200],
    ["http://evil.example.com/livez", 403],
  ] as const) {
    assert.equal((await ask(server.port, own, target.endsWith("z") ? "GET" : "POST", target)).status, status, target);
  }
  const socket = net.connect(server.port, "127.0.0.1").setEncoding("utf8");
  socket.write("GET /livez HTTP/1.0\r\n\r\n");
  const [answer] = await once(socket, "data");
  assert.match(answer, /^HTTP\/1\.1 200 /);
  socket.destroy();
});

test("an allowed origin gets exact CORS and no credentials; others get nothing", async () => {
  const origin = "https://app.example.com";
  await using server = await startServer({ CORS_ORIGINS: `${origin},http://localhost:5173` });
  const url = `${server.baseUrl}/greeter.Greeter/SayHello`;
  const asked = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
  const preflight = await fetch(url, { method: "OPTIONS", headers: { origin, ...asked } });
  assert.equal(preflight.status, 204);
  const told = Object.fromEntries([...preflight.headers].filter(([name]) => /^access-control|^vary$/.test(name)));
  assert.deepEqual(told, {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "POST, GET, HEAD, PUT, PATCH, DELETE",
    "access-control-allow-headers": [
      "Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, Connect-Content-Encoding, Connect-Accept-Encoding",
      "Content-Encoding, Accept-Encoding, Grpc-Message-Type, X-Grpc-Web, X-User-Agent, Grpc-Timeout",
      "Authorization, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, x-request-id",
      "traceparent, tracestate, baggage",
    ].join(", "),
    "access-control-expose-headers":
      "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, Content-Encoding, Connect-Content-Encoding, ETag, x-request-id",
    "access-control-max-age": "86400",
    vary: "Origin",
  });

  const answer = await greet(server, { origin });
  assert.equal(answer.headers.get("access-control-allow-origin"), origin);
  assert.match(answer.headers.get("access-control-expose-headers") ?? "", /Grpc-Status, .*x-request-id$/i);

  for (const other of ["https://app.example.com:444", "https://evil.example.com", "null", "http://app.example.com"]) {
    for (const response of [
      await fetch(url, { method: "OPTIONS", headers: { origin: other, ...asked } }),
      await greet(server, { origin: other }),
    ]) {
      const told = [...response.headers].filter(([name]) => /^access-control|^vary$/.test(name));
      assert.deepEqual(told, [["vary", "Origin"]], other);
    }
  }
});

test("settings add to the headers that pages of allowed origins may send and see", async () => {
  const origin = "https://app.example.com";
  const headers = { CORS_ALLOWED_HEADERS: "X-Tenant, x-b3", CORS_EXPOSED_HEADERS: "x-cost" };
  await using server = await startServer({ CORS_ORIGINS: origin, ...headers });
  const url = `${server.baseUrl}/greeter.Greeter/SayHello`;
  const asked = { "access-control-request-method": "POST", origin };
  const preflight = await fetch(url, { method: "OPTIONS", headers: asked });
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /, baggage, X-Tenant, x-b3$/);
  const reply = await greet(server, { origin });
  assert.match(reply.headers.get("access-control-expose-headers") ?? "", /, x-request-id, x-cost$/);
});

test("a name that a setting allows is answered to on loopback, whatever the port", async () => {
  await using server = await startServer({ ALLOWED_HOSTS: "Concierge.Internal,192.0.2.7" });
  for (const [name, status] of [
    ["concierge.internal", 200],
    ["CONCIERGE.internal:8080", 200],
    ["192.0.2.7:1", 200],
    ["x.concierge.internal", 403],
    ["localhost", 200],
  ] as const) {
    const { port } = server;
    assert.equal((await ask(port, { ...json, host: name })).status, status, name);
    assert.equal((await ask(port, { host: name }, "GET", "/livez")).status, status, name);
  }
});

test("a call that a browser says is of another page is refused, unless its origin is allowed", async () => {
  await using server = await startServer({ CORS_ORIGINS: "https://app.example.com" });
  const { port } = server;
  const site = "sec-fetch-site";
  assert.equal((await ask(port, { ...json, [site]: "same-origin", origin: server.baseUrl })).status, 200);
  assert.equal((await ask(port, { ...json, [site]: "cross-site", origin: "https://app.example.com" })).status, 200);
  for (const from of ["cross-site", "same-site"]) {
    assert.equal((await ask(port, { ...json, [site]: from, origin: "https://evil.example.com" })).status, 403);
    assert.equal((await ask(port, { ...json, [site]: from })).status, 403);
  }
});
