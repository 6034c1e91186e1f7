import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { makeAuthority } from "../cli/make-certificates.ts";
import { makeCertificates } from "../test/support/certificates.ts";
import { startServer } from "../test/support/server.ts";
import { startTcp } from "../test/support/tcp-server.ts";
import { createConcierge, type Protocol } from "./index.ts";
import { protocols } from "./protocol.ts";
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

test("an option that is undefined is one that is not given", async () => {
  await using server = await startServer();
  const nothing = {
    token: undefined,
    protocol: undefined,
    format: undefined,
    deadlineMs: undefined,
    headers: undefined,
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

for (const protocol of protocols) {
  test(`a client trusts the authority that it is given, and shows its certificate, over ${protocol}`, async () => {
    using made = await makeCertificates();
    const { cert, key } = await made.authority.client("Ada");
    const files = { TLS_CERT_FILE: made.certFile, TLS_KEY_FILE: made.keyFile, TLS_CLIENT_CA_FILE: made.caFile };
    await using server = await startServer(files);
    const baseUrl = `https://localhost:${server.port}`;
    const ca = made.authority.cert;
    await using known = createConcierge({ baseUrl, protocol, tls: { ca, cert, key } });
    assert.equal((await known.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
    const stranger = await makeAuthority("another authority");
    // OpenSSL's words, by what else the server sends beside its certificate.
    const untrusted = /unable to verify the first certificate|self-signed certificate in certificate chain/;
    const wrong = [
      [{ baseUrl, tls: { ca } }, /certificate required$/],
      [{ baseUrl }, untrusted],
      [{ baseUrl, tls: { ca: stranger.cert, cert, key } }, untrusted],
      [{ baseUrl: server.baseUrl }, /: the server wants HTTP\/1.1 or TLS \(is https meant\?\): .* error code 13$/],
    ] as const;
    for (const [options, message] of wrong) {
      await using concierge = createConcierge({ ...options, protocol, retry: false });
      await assert.rejects(concierge.greeter.sayHello({ name: "Ada" }), { code: Code.Unavailable, message });
    }
  });
}

test("what is no PEM text, or does not fit together, is named before the first call", async () => {
  const baseUrl = "https://localhost";
  const [ada, eve] = await Promise.all(["Ada", "Eve"].map(async name => (await makeAuthority(name)).client(name)));
  assert.ok(ada && eve);
  for (const [tls, message] of [
    [{ ca: "pem" }, /^TypeError: tls.ca is no certificate in PEM: /],
    [{ cert: "pem", key: ada.key }, /^TypeError: tls.cert and tls.key are no certificate with its key in PEM: /],
    [{ cert: ada.cert, key: "pem" }, /^TypeError: tls.cert and tls.key are no/],
    [{ cert: ada.cert, key: eve.key }, /^TypeError: tls.cert and tls.key are no .*: .*mismatch/],
  ] as const) {
    assert.throws(
      () => createConcierge({ baseUrl, tls }),
      error => message.test(String(error)),
      String(message),
    );
  }
});

test("headers go with each call, and a call's own win", async () => {
  await using server = await startServer();
  await using concierge = createConcierge({ baseUrl: server.baseUrl, headers: { "x-request-id": "of-the-client" } });
  const ids: (string | null)[] = [];
  const onHeader = (headers: Headers) => ids.push(headers.get("x-request-id"));
  await concierge.greeter.sayHello({ name: "Ada" }, { onHeader });
  await concierge.greeter.sayHello({ name: "Ada" }, { onHeader, headers: { "x-request-id": "of-the-call" } });
  assert.deepEqual(ids, ["of-the-client", "of-the-call"]);
});

test("a unary call has the client's deadline unless it names its own, and a stream has none", async () => {
  await using peer = await startTcp(() => {});
  await using impatient = createConcierge({ baseUrl: peer.baseUrl, deadlineMs: 1 });
  await assert.rejects(impatient.greeter.sayHello({}), { code: Code.DeadlineExceeded });
  await using patient = createConcierge({ baseUrl: peer.baseUrl });
  await assert.rejects(patient.greeter.sayHello({}, { timeoutMs: 1 }), { code: Code.DeadlineExceeded });

  await using server = await startServer({ GREETER_STREAM_INTERVAL_MS: "20" });
  await using concierge = createConcierge({ baseUrl: server.baseUrl, deadlineMs: 1 });
  const messages = await Array.fromAsync(concierge.greeter.sayHelloStream({ name: "Ada" }));
  assert.equal(messages.length, 5);
});

test("a call's own timeout is any number of milliseconds that gRPC can say, or is named", async () => {
  await using server = await startServer();
  for (const protocol of protocols) {
    await using concierge = createConcierge({ baseUrl: server.baseUrl, protocol });
    const { greeter } = concierge;
    for (const timeoutMs of [60_000.5, 0]) {
      assert.equal((await greeter.sayHello({ name: "Ada" }, { timeoutMs })).message, "Hello, Ada!");
      assert.equal((await Array.fromAsync(greeter.sayHelloStream({}, { timeoutMs }))).length, 5);
    }
    for (const timeoutMs of [100_000_000, Number.POSITIVE_INFINITY, Number.NaN]) {
      const error = {
        code: Code.InvalidArgument,
        rawMessage: new RegExp(`^timeoutMs "${timeoutMs}" is not at most 9999`),
      };
      await assert.rejects(greeter.sayHello({}, { timeoutMs }), error);
      await assert.rejects(Array.fromAsync(greeter.sayHelloStream({}, { timeoutMs })), error);
    }
  }
});

test("a stream that fails before it is read tells who reads it, and nobody else", async t => {
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  await using peer = await startTcp(socket => socket.end());
  await using concierge = createConcierge({ baseUrl: peer.baseUrl, retry: false });
  const stream = concierge.greeter.sayHelloStream({});
  await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Unavailable });
  await new Promise(setImmediate);
  assert.equal(unhandled.mock.callCount(), 0);
  await assert.rejects(Array.fromAsync(stream), { code: Code.Unavailable });
});

test("the browser's client calls, and says UNAVAILABLE of a server that is not there", async () => {
  const server = await startServer();
  for (const protocol of ["connect", "grpc-web"] as const) {
    const concierge = createWebConcierge({ baseUrl: server.baseUrl, protocol });
    await concierge.waitForReady();
    assert.equal((await concierge.helloworld.sayHello({ name: "Ada" })).message, "Hello, Ada");
    for await (const { kind } of concierge.watch()) {
      assert.equal(kind, "bookmark");
      break;
    }
  }
  await server[Symbol.asyncDispose]();
  const concierge = createWebConcierge({ baseUrl: server.baseUrl, retry: false });
  await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Unavailable });
});
