import assert from "node:assert/strict";
import { test } from "node:test";
import { readyText } from "./ready-text.ts";

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
