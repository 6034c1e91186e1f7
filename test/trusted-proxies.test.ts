import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpVersion } from "./support/raw-calls.ts";
import { sendRaw } from "./support/raw-requests.ts";
import { startServer, type TestServer } from "./support/server.ts";

/** Requests in all, made at once; each caller may make two of them. */
const calls = 30;

/** What the nth request carries, and whether all of them are one caller's. */
const cases: Readonly<Record<string, { headers(n: number): Record<string, string>; one: boolean }>> = {
  "the address before the proxy": { headers: n => ({ "x-forwarded-for": `203.0.113.${n}` }), one: false },
  "what a client says before the proxy does": {
    headers: n => ({ "x-forwarded-for": `198.51.100.${n}, 203.0.113.7` }),
    one: true,
  },
  "an address before two trusted proxies": {
    headers: n => ({ "x-forwarded-for": `203.0.113.${n}, 127.0.0.9` }),
    one: false,
  },
  "a trusted address that a client makes up": {
    headers: n => ({ "x-forwarded-for": `198.51.100.${n}, 127.0.0.9, 203.0.113.7` }),
    one: true,
  },
  "addresses of one /64": { headers: n => ({ "x-forwarded-for": `2001:db8::${n}` }), one: true },
  "addresses of several /64": { headers: n => ({ "x-forwarded-for": `2001:db8:0:${n}::1` }), one: false },
  "ports of one address": { headers: n => ({ "x-forwarded-for": `203.0.113.7:${4000 + n}` }), one: true },
  "ports of one IPv6 address": { headers: n => ({ "x-forwarded-for": `[2001:db8::1]:${4000 + n}` }), one: true },
  "what is no address": { headers: n => ({ "x-forwarded-for": `somebody-${n}` }), one: true },
  "what is nothing": { headers: n => ({ "x-forwarded-for": ",".repeat(n) }), one: true },
  "fields that are not believed": {
    headers: n => ({ forwarded: `for=203.0.113.${n}`, "x-real-ip": `203.0.113.${n}`, "client-ip": `203.0.113.${n}` }),
    one: true,
  },
};

for (const LANE of ["wire", "connect"]) {
  for (const version of ["1.1", "2"] satisfies HttpVersion[]) {
    for (const [what, { headers, one }] of Object.entries(cases)) {
      test(`${LANE} lane, HTTP/${version}: ${what}: ${one ? "one caller" : "a caller each"}`, async () => {
        await using server = await startServer({ LANE, RATE_LIMIT: "1/2", TRUSTED_PROXIES: "127.0.0.0/8" });
        const type = { "content-type": "application/json" };
        const statuses = await Promise.all(
          Array.from({ length: calls }, async (_, n) => {
            const request = { path: "/greeter.Greeter/SayHello", headers: { ...type, ...headers(n + 1) }, body: "{}" };
            return (await sendRaw(version, server.port, request)).status;
          }),
        );
        assert.equal(statuses.includes(429), one, String(statuses));
      });
    }
  }
}

test("callers behind a trusted proxy are counted apart, and others cannot say where they come from", async () => {
  const limit = { RATE_LIMIT: "1/2" };
  async function statusFrom({ baseUrl }: TestServer, address: number) {
    const response = await fetch(`${baseUrl}/greeter.Greeter/SayHello`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-forwarded-for": `192.0.${address >> 8}.${address & 255}`,
      },
      body: "{}",
    });
    return response.status;
  }
  await using trusting = await startServer({ ...limit, TRUSTED_PROXIES: "127.0.0.0/8" });
  for (let address = 0; address < 50; address++) assert.equal(await statusFrom(trusting, address), 200);
  assert.equal((await trusting.line(({ client }) => client === "192.0.0.49")).msg, "call");
  for (const env of [limit, { ...limit, TRUSTED_PROXIES: "10.0.0.0/8" }]) {
    await using server = await startServer(env);
    let address = 0;
    let status = 200;
    while (status === 200) status = await statusFrom(server, address++);
    assert.equal(status, 429);
  }
});
