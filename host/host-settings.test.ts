import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createHost } from "./host.ts";
import { readSettings } from "./host-settings.ts";
import { describeVariables } from "./settings/parse-variables.ts";
import { hostVariables } from "./settings/variables.ts";

test("settings are options of createHost, of the types that these have", async () => {
  const settings = readSettings({
    HOST: "unix:/tmp/shipping.sock",
    AUTH_JWKS_URL: "https://id.example.com/keys",
    AUTH_AUDIENCE: "shipping",
    RATE_LIMIT: "off",
    MAX_STREAMS_PER_CALLER: "7",
    CORS_ORIGINS: "https://app.example.com",
    LOG_LEVEL: "silent",
  });
  assert.deepEqual(settings.listen, { host: "unix:/tmp/shipping.sock", port: 50051 });
  const { jwksUrl, audience } = settings.auth ?? {};
  assert.deepEqual([String(jwksUrl), audience], ["https://id.example.com/keys", "shipping"]);
  assert.deepEqual([settings.rateLimit, settings.maxStreamsPerCaller], ["off", 7]);
  assert.deepEqual(settings.cors?.origins, ["https://app.example.com"]);
  assert.equal(settings.log?.level, "silent");
  await using host = await createHost({
    ...readSettings({ LOG_LEVEL: "silent", SHUTDOWN_GRACE_MS: "0" }),
    services: [],
  });
  assert.deepEqual(host.address, { host: "localhost", port: 50051, secure: false });
});

test("limits that nobody sets follow from whether callers sign in", () => {
  const { rateLimit, maxStreamsPerCaller } = readSettings({});
  assert.deepEqual([rateLimit, maxStreamsPerCaller], [undefined, undefined]);
});

test("a service may have variables of its own, but none that looks like a misspelt one of the host", () => {
  assert.ok(readSettings({ DATABASE_URL: "postgres://x", GREETER_NAME: "y" }));
  assert.throws(() => readSettings({ MAX_DEADLINE: "1" }), {
    name: "ConfigError",
    message: /^MAX_DEADLINE="1": unknown/,
  });
});

test("the guide's table has each variable with its default", () => {
  const guide = readFileSync(new URL("../docs/toolkit.md", import.meta.url), "utf8");
  for (const line of describeVariables(hostVariables).split("\n")) {
    const [, name = "", preset] = /^ {2}(\w+) .*\(default (.*)\)$/.exec(line) ?? [];
    assert.ok(guide.includes(`| \`${name}\` | \`${preset}\` |`), `${name} ${preset}`);
  }
});
