import assert from "node:assert/strict";
import { test } from "node:test";
import { checkOptions } from "./check-options.ts";
import type { HostOptions } from "./host-options.ts";

const cases: readonly (readonly [options: object, message: RegExp])[] = [
  [{ auht: { secret: "x" } }, /^there is no option "auht"; allowed are services, log, listen, auth, /],
  [{ services: undefined }, /^services: must be an array$/],
  [{ maxMessageBytes: 0 }, /^maxMessageBytes: must be a whole number from 1 to 1073741824, not 0$/],
  [{ shutdownGraceMs: Number.NaN }, /^shutdownGraceMs: must be a whole number from 0 to 2147483647, not NaN$/],
  [{ rateLimit: { perSecond: 5, burst: 1 } }, /^rateLimit: must be off, or have a perSecond above 0 and a burst that/],
  [{ maxStreamsPerCaller: "many" }, /^maxStreamsPerCaller: must be a whole number from 1 to 1000000, not many$/],
  [{ cors: { origins: ["*"] } }, /^cors.origins: must be origins such as "https:\/\/app.example.com", not "\*"$/],
  [{ cors: {} }, /^cors.origins: must be an array$/],
  [{ listen: { host: "", port: 1 } }, /^listen.host: must be a text that is not empty$/],
  [{ listen: { host: "localhost", port: 70_000 } }, /^listen.port: must be a whole number from 0 to 65535, not 70000$/],
  [{ reflection: true }, /^reflection: must be one of on, auth, off, not true$/],
  [{ metrics: true }, /^metrics: must be one of off, loopback, admin, not true$/],
  [{ metrics: 70_000 }, /^metrics: must be a whole number from 1 to 65535, not 70000$/],
  [{ metrics: "admin" }, /^metrics: admin goes with auth, as without it everybody is an administrator$/],
  [{ limits: { maxConections: 1 } }, /^there is no option "limits.maxConections"$/],
  [{ limits: { maxConnections: -1 } }, /^limits.maxConnections: must be a whole number from 0 to /],
  [{ gate: "open" }, /^gate: must be a function$/],
];
for (const [options, message] of cases) {
  test(`a host's options are refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => checkOptions({ services: [], ...options } as HostOptions), { message });
  });
}

test("options that are undefined count as left out", () => {
  checkOptions({
    services: [],
    auth: undefined,
    rateLimit: undefined,
    limits: { maxConnections: undefined } as object,
  });
});
