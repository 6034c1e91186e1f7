import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { relative } from "node:path";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { makeAuthority } from "../cli/make-certificates.ts";
import { makeCertificates, makeFolder } from "../test/support/certificates.ts";
import { startServer } from "../test/support/server.ts";
import { createConcierge } from "./index.ts";
import { protocols } from "./protocol.ts";

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
      [
        { baseUrl: server.baseUrl },
        /: the server wants HTTP\/1.1 or TLS \(is https or httpVersion 1.1 meant\?\)(: .* error code 13)?$/,
      ],
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
