import assert from "node:assert/strict";
import { test } from "node:test";
import type { Code } from "@connectrpc/connect";
import { startServer } from "../test/support/server.ts";
import { createConcierge, createTransport, type Protocol } from "./index.ts";
import { createConcierge as createWebConcierge } from "./web.ts";

test("an option that is wrong is named", () => {
  const baseUrl = "http://localhost:50051";
  for (const [options, message] of [
    [{ baseUrl: "localhost:50051" }, /^TypeError: baseUrl "localhost:50051" is not an http or https URL/],
    [{ baseUrl: "ftp://localhost" }, /^TypeError: baseUrl "ftp:\/\/localhost"/],
    [{ baseUrl, protocol: "soap" as Protocol }, /^TypeError: protocol "soap" is not one of connect, grpc, grpc-web/],
    [{ baseUrl, format: "xml" as "json" }, /^TypeError: format "xml" is not one of binary, json/],
    [{ baseUrl, deadlineMs: -1 }, /^RangeError: deadlineMs "-1" is not a whole number from 0 to 99999999/],
    [{ baseUrl, deadlineMs: 1.5 }, /^RangeError: deadlineMs "1.5"/],
    [{ baseUrl, headers: { "no name": "x" } }, /^TypeError: headers: .*no name/],
    [{ baseUrl, headers: { name: "a\nb" } }, /^TypeError: headers: /],
    [
      { baseUrl, retry: { retryableCodes: [99 as Code] } },
      /^RangeError: retry.retryableCodes "99" is not a status code/,
    ],
    [{ baseUrl: "http://localhost/?a" }, /^TypeError: baseUrl "http:\/\/localhost\/\?a" has a query or a fragment/],
    [{ baseUrl: "http://me:secret@localhost" }, /^TypeError: baseUrl holds a name or a password(?!.*secret)/],
    [{ baseUrl: "/api" }, /^TypeError: baseUrl "\/api" is not an http or https URL/],
    [{ baseUrl: "unix:" }, /^TypeError: baseUrl "unix:" is not unix:\/path or unix:\/\/\/path/],
    [{ baseUrl: "unix://run/sock" }, /^TypeError: baseUrl "unix:\/\/run\/sock" is not unix:/],
    [{ baseUrl: "unix:/run/sock", tls: { ca: "pem" } }, /^TypeError: baseUrl "unix:\/run\/sock" is without TLS/],
    [{ baseUrl, authority: "a b" }, /^TypeError: authority "a b" is not a host or host:port/],
    [{ baseUrl, authority: "user@host" }, /^TypeError: authority "user@host"/],
    [{ baseUrl, interceptors: [1 as never] }, /^TypeError: interceptors is not an array of functions/],
    [{ baseUrl, token: 1 as never }, /^TypeError: token is number, not text/],
    [{ baseUrl, tls: { ca: "pem" } }, /^TypeError: baseUrl ".*" is without TLS/],
    [{ baseUrl: "https://localhost", tls: { cert: "pem" } }, /^TypeError: tls.key is missing/],
    [{ baseUrl: "https://localhost", tls: { key: "pem" } }, /^TypeError: tls.cert is missing/],
  ] as const) {
    assert.throws(
      () => createConcierge(options),
      error => message.test(String(error)),
      String(message),
    );
  }
  assert.throws(
    () => createWebConcierge({ baseUrl, protocol: "grpc" }),
    /protocol "grpc" is not possible in a browser/,
  );
});

test("an option that there is none of is refused by its name", async () => {
  const baseUrl = "http://localhost:50051";
  const misspelt: object[] = [{ deadlineMS: 1 }, { timeout: 1 }, { credentials: "include" }];
  for (const options of misspelt) {
    const [name] = Object.keys(options);
    assert.throws(() => createConcierge({ baseUrl, ...options }), { message: `there is no option "${name}"` });
    assert.throws(() => createTransport({ baseUrl, ...options }), { message: `there is no option "${name}"` });
  }
  const retry = { maxAttempts: 3, maxAttempt: 3 };
  assert.throws(() => createConcierge({ baseUrl, retry }), { message: 'there is no option "retry.maxAttempt"' });
  const tls = { ca: undefined, certificate: "pem" };
  const secure = { baseUrl: "https://localhost", tls };
  assert.throws(() => createConcierge(secure), { message: 'there is no option "tls.certificate"' });
  const authority = { baseUrl, authority: "localhost" };
  assert.throws(() => createWebConcierge(authority), { message: 'there is no option "authority"' });
  await using concierge = createConcierge({ baseUrl });
  const watchOptions = { resumeToken: "t", token: "t" };
  assert.throws(() => concierge.watch(watchOptions), { message: 'there is no option "token"' });
  const readyOptions = { timeoutMs: 1, deadlineMs: 1 };
  await assert.rejects(concierge.waitForReady(readyOptions), { message: 'there is no option "deadlineMs"' });
});

test("a browser's client names what is wrong with its own options", () => {
  const baseUrl = "http://localhost:50051";
  for (const [options, message] of [
    [{ baseUrl, credentials: "always" as never }, 'credentials "always" is not one of omit, same-origin, include'],
    [{ baseUrl, fetch: "fetch" as never }, "fetch is not a function"],
    [{ baseUrl: "/api" }, /^baseUrl "\/api" is not an http or https URL/],
    [{ baseUrl: "unix:/run/sock" }, /^baseUrl "unix:\/run\/sock" is not an http or https URL/],
  ] as const) {
    assert.throws(() => createWebConcierge(options), { name: "TypeError", message });
  }
});

test("an option that is undefined is one that is not given", async () => {
  await using server = await startServer();
  const nothing = {
    token: undefined,
    protocol: undefined,
    format: undefined,
    deadlineMs: undefined,
    headers: undefined,
    interceptors: undefined,
    authority: undefined,
  };
  const retry = {
    maxAttempts: undefined,
    initialBackoffMs: undefined,
    maxBackoffMs: undefined,
    backoffMultiplier: undefined,
    retryableCodes: undefined,
    maxTokens: undefined,
    tokenRatio: undefined,
    waitForReady: undefined,
  };
  const tls = { ca: undefined, cert: undefined, key: undefined };
  await using concierge = createConcierge({ baseUrl: server.baseUrl, ...nothing, retry, tls });
  assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
});
