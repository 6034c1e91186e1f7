import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { relative } from "node:path";
import { test } from "node:test";
import { Code, type Interceptor } from "@connectrpc/connect";
import { makeAuthority } from "../cli/make-certificates.ts";
import { makeCertificates, makeFolder } from "../test/support/certificates.ts";
import { startServer } from "../test/support/server.ts";
import { startTcp } from "../test/support/tcp-server.ts";
import { createConcierge, createTransport, type Protocol } from "./index.ts";
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

test("a fetch of one's own makes sense of a relative URL where there is no page", async () => {
  await using server = await startServer();
  const seen: unknown[] = [];
  const fetch: typeof globalThis.fetch = (url, init) => {
    seen.push(url);
    return globalThis.fetch(new URL(String(url), server.baseUrl), init);
  };
  for (const baseUrl of ["/", "."]) {
    await using concierge = createWebConcierge({ baseUrl, fetch });
    assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
  }
  assert.deepEqual(seen, ["/greeter.Greeter/SayHello", "./greeter.Greeter/SayHello"]);
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
      [{ baseUrl: server.baseUrl }, /: the server wants HTTP\/1.1 or TLS \(is https meant\?\)(: .* error code 13)?$/],
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

/** A server on a Unix domain socket that has no services, and tells by what authority it is called. */
async function listenOn(path: string, onCall: (authority: string) => void): Promise<AsyncDisposable> {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer((request, response) => {
    onCall(request.authority);
    response.writeHead(404).end();
  });
  server.on("session", session => sessions.add(session));
  server.listen(path);
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

for (const protocol of protocols) {
  test(`a server is called by a Unix domain socket, and by a name of the caller's choice, over ${protocol}`, async () => {
    using folder = makeFolder();
    const seen: unknown[] = [];
    const path = `${folder.path}/a socket`;
    await using server = await listenOn(path, authority => seen.push(authority));
    for (const [baseUrl, authority, expected] of [
      [`unix:${path}`, undefined, "localhost"],
      [`unix://${path}`, "api.example.com:8443", "api.example.com:8443"],
      [`unix:${relative(process.cwd(), path)}`, "[::1]", "[::1]"],
    ] as const) {
      await using concierge = createConcierge({ baseUrl, authority, protocol });
      await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Unimplemented });
      assert.equal(seen.at(-1), expected);
    }
    await server[Symbol.asyncDispose]();
    await using concierge = createConcierge({ baseUrl: `unix:${path}`, protocol, retry: false });
    await assert.rejects(concierge.greeter.sayHello({}), {
      code: Code.Unavailable,
      rawMessage: new RegExp(`^cannot connect to unix:${path}: connect ENOENT`),
    });
  });
}

test("a certificate has to be for the authority that a client names", async () => {
  using made = await makeCertificates();
  await using server = await startServer({ TLS_CERT_FILE: made.certFile, TLS_KEY_FILE: made.keyFile });
  const tls = { ca: made.authority.cert };
  const baseUrl = `https://127.0.0.1:${server.port}`;
  await using named = createConcierge({ baseUrl, tls, authority: `localhost:${server.port}` });
  assert.equal((await named.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
  await using other = createConcierge({ baseUrl, tls, authority: "other.example.com", retry: false });
  await assert.rejects(other.greeter.sayHello({}), { code: Code.Unavailable, message: /other.example.com/ });
});

test("an interceptor sees each call once, with the client's headers and before its token, and a call's headers win", async () => {
  const seen: (string | null)[][] = [];
  const watchCalls: Interceptor = next => request => {
    seen.push([request.method.name, request.header.get("x-team"), request.header.get("authorization")]);
    request.header.set("x-request-id", "of-the-interceptor");
    return next(request);
  };
  await using server = await startServer();
  await using concierge = createConcierge({
    baseUrl: server.baseUrl,
    headers: { "x-team": "blue" },
    token: () => "t",
    interceptors: [watchCalls],
  });
  let requestId: string | null = null;
  const onHeader = (header: Headers) => {
    requestId = header.get("x-request-id");
  };
  await concierge.greeter.sayHello({ name: "Ada" }, { onHeader });
  assert.deepEqual(seen, [["SayHello", "blue", null]]);
  assert.equal(requestId, "of-the-interceptor");

  await server[Symbol.asyncDispose]();
  const list = concierge.directory.listUsers({}, { headers: { "x-team": "red" } });
  await assert.rejects(list, { code: Code.Unavailable });
  assert.deepEqual(seen[1], ["ListUsers", "red", null]);
  assert.equal(seen.length, 2);
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
