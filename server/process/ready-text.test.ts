import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../config/config.ts";
import { describeAccess, readyText } from "./ready-text.ts";

const addresses = [{ address: "127.0.0.1", family: "IPv4", port: 50051 }];

const cleartext = { tlsCertFile: undefined, tlsClientCaFile: undefined };
const open = { authJwtSecret: undefined, authJwtSecretFile: undefined, authJwksUrl: undefined };
const signedIn = { ...open, authJwksUrl: new URL("https://id.example.com/keys") };

test("the grpcurl line brings the contract along only where the server does not tell it", () => {
  for (const [reflection, callers, tells] of [
    ["on", open, true],
    ["auth", open, true],
    ["off", open, false],
    ["on", signedIn, true],
    ["auth", signedIn, false],
    ["off", signedIn, false],
  ] as const) {
    const text = readyText(addresses, { host: "localhost", reflection, ...cleartext, ...callers });
    const contract = tells ? "" : "-import-path proto -proto greeter/greeter.proto ";
    assert.equal(
      readyText(addresses, { host: "localhost", reflection, ...cleartext, ...callers }, false).includes("grpcurl"),
      tells,
    );
    assert.ok(
      text.includes(`grpcurl -plaintext ${contract}-d '{"name":"Ada"}' localhost:50051 greeter.Greeter/`),
      text,
    );
  }
});

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
