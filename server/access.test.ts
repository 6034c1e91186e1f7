import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { GreetingService } from "../examples/greeting/gen/greeting_pb.ts";
import { createHost } from "../host/host.ts";
import { serve } from "../host/served.ts";
import { createAccess } from "./access.ts";
import { parseConfig } from "./config/config.ts";
import { describeAccess } from "./process/ready-text.ts";
import { startProblem } from "./process/start-problem.ts";

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

test("a service whose methods say not who may call them stops the start-up with their names, authentication or not", async () => {
  const services = [serve(GreetingService, {})];
  for (const env of [{}, { AUTH_JWT_SECRET: secret }]) {
    const log = pino({ level: "silent" });
    const started = createHost({
      services,
      log,
      async chain(methods) {
        await createAccess(parseConfig(env), log, methods);
        return { interceptors: [] };
      },
    });
    const problem = startProblem(await started.catch((error: unknown) => error));
    const why = "has no policy; state who may call it in its contract";
    const names = ["Greet", "CountDown"].map(name => `acme.greeting.v1.GreetingService/${name}: ${why}`);
    assert.equal(problem, names.join("\n"));
  }
});
