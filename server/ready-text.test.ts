import assert from "node:assert/strict";
import { test } from "node:test";
import { readyText } from "./ready-text.ts";

const addresses = [{ address: "127.0.0.1", family: "IPv4", port: 50051 }];

const cleartext = { tlsCertFile: undefined, tlsClientCaFile: undefined };

test("the grpcurl line brings the contract along only where the server does not tell it", () => {
  const told = readyText(addresses, { host: "localhost", reflection: "on", ...cleartext });
  assert.match(told, /grpcurl -plaintext -d '\{"name":"Ada"\}' localhost:50051 greeter\.Greeter\/SayHello\n/);
  const untold = readyText(addresses, { host: "localhost", reflection: "off", ...cleartext });
  assert.match(untold, /grpcurl -plaintext -import-path proto -proto greeter\/greeter\.proto -d /);
});
