import assert from "node:assert/strict";
import { test } from "node:test";
import { describeAccess } from "./access.ts";
import { parseConfig } from "./config.ts";

const secret = "correct horse battery staple, and more";

const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{}, /everybody on this machine: authentication is off, so it listens on loopback alone/],
  [{ HOST: "::1", INSECURE: "true" }, /everybody on this machine/],
  [{ HOST: "0.0.0.0", INSECURE: "true" }, /everybody who can reach it may .* delete all users: .* off \(INSECURE\)/],
  [
    { HOST: "0.0.0.0", AUTH_JWT_SECRET: secret },
    /sign in by tokens; for development: npm run --silent concierge -- token --sub you/,
  ],
  [{ AUTH_JWKS_URL: "https://id.example.com/keys?key=1" }, /sign in by tokens of https:\/\/id\.example\.com\n/],
];
for (const [env, told] of cases) {
  test(`who may call is told where the settings are ${Object.keys(env).join(", ") || "the defaults"}`, () => {
    assert.match(describeAccess(parseConfig(env)), told);
  });
}
