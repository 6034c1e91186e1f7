import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseConfig } from "../../server/config/config.ts";
import { parsePostgresUrl } from "../../server/store/postgres/url.ts";
import { makeFolder } from "../support/certificates.ts";

const folder = new URL("../../examples/replicas/", import.meta.url);
const compose = readFileSync(new URL("compose.yaml", folder), "utf8");

/** The settings of the servers, by name: the lines of their environment. */
function settings(): Record<string, string> {
  const [, block = ""] = /environment: &settings\n((?: {4}.*\n)+?) {2}\w/.exec(compose) ?? [];
  const lines = [...block.matchAll(/^ {4}([A-Z_]+): (.*)$/gm)];
  return Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, value.replace(/^"(.*)"$/, "$1")]));
}

test("the composition's servers are set as the server allows", t => {
  const secrets = makeFolder();
  t.after(() => secrets[Symbol.dispose]());
  const secret = secrets.write("secret", "0123456789abcdef0123456789abcdef");
  const env = settings();
  assert.equal(Object.keys(env).length, 6);
  const config = parseConfig({ ...env, DATABASE_PASSWORD_FILE: secret, AUTH_JWT_SECRET_FILE: secret });
  const { hosts, user, database } = parsePostgresUrl(config.databaseUrl, config.databasePasswordFile);
  assert.deepEqual([hosts, user, database], [[{ host: "postgres", port: 5432, tls: false }], "concierge", "concierge"]);
});

test("the composition stops its servers no sooner than they are done", () => {
  const { shutdownGraceMs } = parseConfig({});
  const [, seconds = "0"] = /stop_grace_period: (\d+)s/.exec(compose) ?? [];
  assert.ok(Number(seconds) * 1000 > Number(settings().SHUTDOWN_DELAY_MS) + shutdownGraceMs);
});

test("haproxy asks each server of the composition whether it is ready", () => {
  const config = readFileSync(new URL("haproxy.cfg", folder), "utf8");
  const servers = [...config.matchAll(/^ {2}server (\w+) (\w+):50051$/gm)].map(([, , host]) => host);
  assert.deepEqual(
    servers,
    [...compose.matchAll(/^ {2}(\w+): \*server$/gm)].map(([, name]) => name),
  );
  assert.match(config, /GET uri \/readyz/);
});
