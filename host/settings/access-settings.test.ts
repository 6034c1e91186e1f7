import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { problemsOf } from "../../server/config/config.fixture.ts";
import { parseConfig } from "../../server/config/config.ts";

const folder = mkdtempSync(join(tmpdir(), "concierge-config-"));
after(() => rmSync(folder, { recursive: true }));

const secret = "correct horse battery staple, and more";

test("a secret comes from a variable, or from a file without its last line feed", () => {
  const file = join(folder, "secret");
  writeFileSync(file, `${secret}\n`);
  const fromText = parseConfig({ AUTH_JWT_SECRET: secret }).authJwtSecret;
  const fromFile = parseConfig({ AUTH_JWT_SECRET_FILE: file }).authJwtSecretFile;
  assert.ok(fromText && fromFile?.equals(fromText));
});

test("errors show no value of a setting of authentication, also where its name is misspelt", () => {
  const hidden = '(not shown)": must be 32 bytes or more';
  assert.equal(problemsOf({ AUTH_JWT_SECRET: "hunter2" }), `AUTH_JWT_SECRET="${hidden}`);
  assert.match(problemsOf({ AUTH_JWT_SECRT: secret }), /^AUTH_JWT_SECRT="\(not shown\)": unknown; /);
  assert.doesNotMatch(problemsOf({ AUTH_JWKS_URL: "https://u:p4ss@example.com" }), /p4ss/);
  assert.doesNotMatch(JSON.stringify(parseConfig({ AUTH_JWT_SECRET: secret })), /correct horse/);
});

test("a secret's file must be there, and hold enough", () => {
  assert.match(
    problemsOf({ AUTH_JWT_SECRET_FILE: join(folder, "none") }),
    /must be a file that can be read \(ENOENT\)$/,
  );
  writeFileSync(join(folder, "short"), "short\n");
  assert.match(
    problemsOf({ AUTH_JWT_SECRET_FILE: join(folder, "short") }),
    /must be a file that holds 32 bytes or more$/,
  );
});

test("two sources of keys contradict each other, and an issuer needs one", () => {
  const both = { AUTH_JWT_SECRET: secret, AUTH_JWKS_URL: "https://id.example.com/jwks" };
  assert.equal(problemsOf(both), "AUTH_JWT_SECRET and AUTH_JWKS_URL: must not be set together");
  assert.match(problemsOf({ AUTH_ISSUER: "https://id.example.com" }), /^AUTH_ISSUER, AUTH_AUDIENCE: need one of /);
});

test("keys come over https, or over http from loopback", () => {
  for (const url of ["https://id.example.com/jwks", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/k"]) {
    assert.equal(parseConfig({ AUTH_JWKS_URL: url }).authJwksUrl?.href, url);
  }
  for (const url of ["http://id.example.com/jwks", "ftp://localhost/", "id.example.com", "file:///etc/keys"]) {
    assert.match(problemsOf({ AUTH_JWKS_URL: url }), /must be an https URL, or an http one on loopback/, url);
  }
});

test("with authentication any address will do", () => {
  assert.equal(parseConfig({ HOST: "0.0.0.0", AUTH_JWT_SECRET: secret }).host, "0.0.0.0");
});

test("a rate is calls a second and at once; off and auto are words of their own", () => {
  assert.deepEqual(parseConfig({ RATE_LIMIT: "100/200" }).rateLimit, { perSecond: 100, burst: 200 });
  assert.equal(parseConfig({ RATE_LIMIT: "off" }).rateLimit, undefined);
  assert.equal(parseConfig({}).rateLimit, "auto");
  for (const text of ["100", "0/5", "200/100", "1/2/3", "-1/5", "1000000/1000000"]) {
    assert.match(problemsOf({ RATE_LIMIT: text }), /^RATE_LIMIT=".*": must be auto, off, or calls a second/, text);
  }
  assert.equal(parseConfig({ MAX_STREAMS_PER_CALLER: "7" }).maxStreamsPerCaller, 7);
  assert.match(problemsOf({ MAX_STREAMS_PER_CALLER: "0" }), /must be auto, off, or a whole number from 1 to 1000000$/);
});

test("a limit on what compressed messages come to is in megabytes", () => {
  const megabyte = 1024 * 1024;
  assert.deepEqual(parseConfig({}).inflation, { perSecond: 32 * megabyte, burst: 128 * megabyte });
  assert.deepEqual(parseConfig({ INFLATE_LIMIT: "1/2" }).inflation, { perSecond: megabyte, burst: 2 * megabyte });
  assert.equal(parseConfig({ INFLATE_LIMIT: "off" }).inflation, "off");
  for (const text of ["auto", "0/1", "2/1", "1", "1/2/3", "1.5/2"]) {
    assert.match(problemsOf({ INFLATE_LIMIT: text }), /^INFLATE_LIMIT=".*": must be off, or megabytes a second/, text);
  }
});

test("proxies are addresses or CIDR blocks, origins are exact", () => {
  const proxies = parseConfig({ TRUSTED_PROXIES: "10.0.0.0/8, 2001:db8::/32,127.0.0.1" }).trustedProxies;
  assert.deepEqual(proxies, ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"]);
  for (const text of ["true", "10.0.0.0/33", "proxy.example.com", "1.2.3.4/8/9", ","]) {
    assert.match(problemsOf({ TRUSTED_PROXIES: text }), /must be IP addresses or CIDR blocks, comma separated$/, text);
  }
  const origins = parseConfig({ CORS_ORIGINS: "https://app.example.com, http://localhost:5173" }).corsOrigins;
  assert.deepEqual(origins, ["https://app.example.com", "http://localhost:5173"]);
  for (const text of ["*", "null", "https://app.example.com/", "app.example.com", "HTTPS://APP.example.com"]) {
    assert.match(problemsOf({ CORS_ORIGINS: text }), /must be origins such as /, text);
  }
});

test("names of headers and hosts are lists, and bad ones are refused", () => {
  const { corsAllowedHeaders, allowedHosts } = parseConfig({
    CORS_ALLOWED_HEADERS: "X-Tenant, x-b3",
    ALLOWED_HOSTS: "Concierge.Internal, 192.0.2.7, fd00::7",
  });
  assert.deepEqual(corsAllowedHeaders, ["X-Tenant", "x-b3"]);
  assert.deepEqual(allowedHosts, ["concierge.internal", "192.0.2.7", "[fd00::7]"]);
  for (const text of ["a b", "*", "x:y", ",", "x\r\ny"]) {
    assert.match(problemsOf({ CORS_ALLOWED_HEADERS: text }), /must be names of headers such as /, text);
  }
  for (const text of ["a b", "*.example.com", "example.com:80", "http://example.com"]) {
    assert.match(problemsOf({ ALLOWED_HOSTS: text }), /must be host names or IP addresses without a port/, text);
  }
  assert.match(
    problemsOf({ ALLOWED_HOSTS: "a", HOST: "0.0.0.0", INSECURE: "true" }),
    /^ALLOWED_HOSTS: goes with a HOST/,
  );
});
