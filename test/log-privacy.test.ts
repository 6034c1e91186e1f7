import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { startServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);

/** What a visitor's calls hold that is nobody else's business. */
const hidden = {
  subject: "subject@example.com",
  email: "private@example.com",
  name: "Grace Private",
  cookie: "session=c00kie",
  password: "c2VjcmV0OnNlY3JldA==",
};

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: no credentials and no personal data reach the log at any level, however a call ends`, async () => {
    await using server = await startServer({
      LANE,
      AUTH_JWT_SECRET: secretText,
      RATE_LIMIT: "off",
      LOG_LEVEL: "trace",
    });
    const { subject, email, name, cookie, password } = hidden;
    const token = await mintToken({ secret, subject, role: "admin", ttlSeconds: 3600 });
    const viewer = await mintToken({ secret, subject, role: "viewer", ttlSeconds: 3600 });
    let calls = 0;
    for (const [form, transport] of transportsTo(server.baseUrl)) {
      const client = createClient(DirectoryService, transport);
      async function call(authorization: string, user: { name: string; email: string }) {
        const id = `${LANE}-${++calls}`;
        const headers = { authorization, cookie, "x-request-id": id };
        await client.createUser({ user }, { headers }).catch(() => undefined);
        return String((await server.line(({ requestId }) => requestId === id)).code);
      }
      const user = { name, email: `${form.replaceAll(/\W/g, "")}.${email}` };
      const codes = [
        await call(`Bearer ${token}`, user),
        await call(`Bearer ${token}`, user),
        await call(`Bearer ${token}`, { ...user, email: `${email} ${"x".repeat(300)}` }),
        await call(`Bearer ${token}`, { ...user, email: `${email}@` }),
        await call(`Bearer ${viewer}`, user),
        await call(`Bearer ${token}x`, user),
        await call(`Basic ${password}`, user),
      ];
      const refused = [
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "UNAUTHENTICATED",
      ];
      assert.deepEqual(codes, ["OK", "ALREADY_EXISTS", ...refused], form);
    }

    const headers = { authorization: `Bearer ${token}`, cookie };
    const query = new URLSearchParams({ connect: "v1", encoding: "json", message: JSON.stringify({ email }) });
    const path = "/concierge.directory.v1.DirectoryService/GetUser";
    assert.equal((await fetch(`${server.baseUrl}${path}?${query}`, { headers })).status, 404);
    assert.equal((await fetch(`${server.baseUrl}${path}?${query}x&encoding=no`, { headers })).status, 400);
    assert.equal((await fetch(`${server.baseUrl}/none?access_token=${token}&email=${email}`, { headers })).status, 404);
    server.app.fastify.log.info({ headers, req: { headers }, request: { headers } }, "what a plugin might log");
    await server.line(({ msg }) => msg === "what a plugin might log");
    await server.line(line => line.path === "/none");

    const text = JSON.stringify(server.lines);
    for (const each of [token, ...token.split("."), viewer, secretText, ...Object.values(hidden)]) {
      // The header of all tokens of a kind is no secret.
      if (each !== token.split(".")[0]) assert.ok(!text.includes(each), each);
    }
    // The two by GET; of the malformed one the stock lane makes no call.
    const gets = LANE === "wire" ? 2 : 1;
    assert.equal(server.lines.filter(({ msg }) => msg === "call").length, calls + gets);
  });
}
