import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { problemsOf } from "./config.fixture.ts";
import { describeConfig, parseConfig } from "./config.ts";

test("an empty environment gives the defaults, frozen", () => {
  const config = parseConfig({});
  assert.equal(config.host, "localhost");
  assert.equal(config.port, 50051);
  assert.equal(config.greeterStreamIntervalMs, 1000);
  assert.equal(config.maxMessageBytes, 4 * 1024 * 1024);
  assert.ok(Object.isFrozen(config));
});

test("an empty value counts as unset, and names that are not ours are left alone", () => {
  assert.equal(parseConfig({ PORT: "", PATH: "/bin", HOME: "/root" }).port, 50051);
});

test("a bad value is refused with the variable, the value and what is allowed", () => {
  assert.equal(problemsOf({ PORT: "65536" }), 'PORT="65536": must be a whole number from 0 to 65535');
  assert.equal(problemsOf({ PORT: "1e3" }), 'PORT="1e3": must be a whole number from 0 to 65535');
  assert.equal(problemsOf({ PORT: "-1" }), 'PORT="-1": must be a whole number from 0 to 65535');
  assert.equal(problemsOf({ INSECURE: "yes" }), 'INSECURE="yes": must be one of true, false');
  assert.equal(problemsOf({ HOST: "a b" }).split("\n")[0], 'HOST="a b": must be a host name or an IP address');
});

test("all problems are told at once", () => {
  assert.equal(problemsOf({ PORT: "x", LOG_LEVEL: "loud" }).split("\n").length, 2);
});

test("workers are a number, or as many as the cores that the process may use", () => {
  assert.equal(parseConfig({}).workers, 1);
  assert.equal(parseConfig({ WORKERS: "256" }).workers, 256);
  assert.equal(parseConfig({ WORKERS: "auto" }).workers, Math.min(availableParallelism(), 256));
  for (const WORKERS of ["0", "257", "two", "1.5"]) {
    assert.equal(problemsOf({ WORKERS }), `WORKERS="${WORKERS}": must be auto, or a whole number from 1 to 256`);
  }
  assert.match(problemsOf({ WORKERS_MAX: "2" }), /^WORKERS_MAX="2": unknown/);
});

test("an unknown name with one of our prefixes is refused", () => {
  assert.match(problemsOf({ MAX_MESAGE_BYTES: "1" }), /^MAX_MESAGE_BYTES="1": unknown; allowed are HOST, /);
});

test("an address other than loopback needs INSECURE", () => {
  assert.equal(
    problemsOf({ HOST: "0.0.0.0" }),
    'HOST="0.0.0.0": without authentication only loopback is allowed; ' +
      "set one of AUTH_JWT_SECRET, AUTH_JWT_SECRET_FILE, AUTH_JWKS_URL, or INSECURE=true to serve everybody",
  );
  assert.match(problemsOf({ HOST: "example.com" }), /INSECURE=true/);
  assert.match(problemsOf({ HOST: "127.example.com" }), /INSECURE=true/);
  assert.equal(parseConfig({ HOST: "0.0.0.0", INSECURE: "true" }).host, "0.0.0.0");
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
    assert.equal(parseConfig({ HOST: host }).host, host);
});

test("a certificate needs its key, a key its certificate, and the authority for clients both", () => {
  assert.equal(problemsOf({ TLS_CERT_FILE: "a.pem" }), 'TLS_CERT_FILE="a.pem": needs TLS_KEY_FILE as well');
  assert.equal(problemsOf({ TLS_KEY_FILE: "b.pem" }), 'TLS_KEY_FILE="b.pem": needs TLS_CERT_FILE as well');
  assert.equal(
    problemsOf({ TLS_CLIENT_CA_FILE: "c.pem" }),
    'TLS_CLIENT_CA_FILE="c.pem": needs TLS_CERT_FILE and TLS_KEY_FILE as well',
  );
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = parseConfig({ TLS_CERT_FILE: "a.pem", TLS_KEY_FILE: "b.pem" });
  assert.deepEqual([tlsCertFile, tlsKeyFile, tlsClientCaFile], ["a.pem", "b.pem", undefined]);
});

test("the README's table has each variable with its default", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  for (const line of describeConfig().split("\n")) {
    const [, name = "", preset] = /^ {2}(\w+) .*\(default (.*)\)$/.exec(line) ?? [];
    assert.ok(readme.includes(`| \`${name}\` | \`${preset}\` |`), `${name} ${preset}`);
  }
});
