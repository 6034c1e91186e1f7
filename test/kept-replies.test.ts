import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { sendRaw } from "./support/raw-requests.ts";
import { startServer } from "./support/server.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);

test("no answer's type is sniffed, and none that took a token is kept", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secretText });
  const token = await mintToken({ secret, subject: "7", ttlSeconds: 60 });
  for (const path of ["/", "/none", "/greeter.Greeter/SayHello", "/bell.svg"]) {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const response = await fetch(server.baseUrl + path, { method, headers: { authorization: `Bearer ${token}` } });
      assert.equal(response.headers.get("x-content-type-options"), "nosniff", `${method} ${path}`);
      await response.arrayBuffer();
      if (method === "GET" && path.includes(".Greeter"))
        assert.equal(response.headers.get("cache-control"), "no-store");
    }
  }
});

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: a reply to GET may be kept, for its origin alone, unless it took a token`, async () => {
    const origin = "https://app.example.com";
    await using server = await startServer({ LANE, CORS_ORIGINS: origin, DEMO_DATA: "true" });
    const query = new URLSearchParams({ connect: "v1", encoding: "json", message: '{"id":"1"}' });
    const url = `${server.baseUrl}/concierge.directory.v1.DirectoryService/GetUser?${query}`;
    for (const sent of [{}, { origin }, { origin: "https://evil.example.com" }] as Record<string, string>[]) {
      const { status, headers } = await fetch(url, { headers: sent });
      assert.equal(status, 200);
      assert.equal(headers.get("access-control-allow-origin"), sent.origin === origin ? origin : null);
      assert.ok(headers.get("vary")?.split(", ").includes("Origin"), String(headers.get("vary")));
      assert.equal(headers.get("cache-control"), null);
      const http2 = await sendRaw("2", server.port, {
        verb: "GET",
        path: url.slice(server.baseUrl.length),
        headers: sent,
        body: "",
      });
      const told = [String(http2.headers.vary), String(headers.get("vary"))].map(vary => vary.split(", ").sort());
      assert.deepEqual(told[0], told[1]);
    }
  });

  test(`${LANE} lane: a reply to GET that took a token is not kept`, async () => {
    await using server = await startServer({ LANE, AUTH_JWT_SECRET: secretText, DEMO_DATA: "true" });
    const query = new URLSearchParams({ connect: "v1", encoding: "json", message: '{"id":"1"}' });
    const url = `${server.baseUrl}/concierge.directory.v1.DirectoryService/GetUser?${query}`;
    const token = await mintToken({ secret, subject: "1", ttlSeconds: 60 });
    for (const [authorization, status] of [
      [`Bearer ${token}`, 200],
      ["Bearer x", 401],
    ] as const) {
      const response = await fetch(url, { headers: { authorization } });
      assert.deepEqual([response.status, response.headers.get("cache-control")], [status, "no-store"]);
    }
  });
}
