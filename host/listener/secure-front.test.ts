import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import * as http2 from "node:http2";
import * as https from "node:https";
import { after, before, test } from "node:test";
import * as tls from "node:tls";
import type { KeyPair } from "../../cli/make-certificates.ts";
import { makeCertificates, makeFolder, type TestCertificates } from "../../test/support/certificates.ts";
import { http2Get } from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp2, never, readToClose, startPort } from "../../test/support/port.ts";
import type { SecureFrontOptions } from "./secure-front.ts";

let made: TestCertificates;
before(async () => {
  made = await makeCertificates();
});
after(() => made[Symbol.dispose]());

function startSecure(options: Partial<SecureFrontOptions> = {}, handshakeTimeoutMs = never) {
  return startPort({ tls: { ...made, ...options }, limits: { handshakeTimeoutMs } });
}

async function shake(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: "127.0.0.1", port, ca: made.authority.cert, ...options });
  await once(socket, "secureConnect");
  return socket;
}

async function serialOf(port: number): Promise<string> {
  const socket = await shake(port);
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function getOverTls(port: number, options: https.RequestOptions = {}): Promise<string> {
  const request = https.get({ host: "127.0.0.1", port, ca: made.authority.cert, agent: false, ...options });
  const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
  return (await Array.fromAsync(response)).join("");
}

test("one port answers both HTTP versions by ALPN, from TLS 1.2 on", async () => {
  await using server = await startSecure();
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const options = { ca: made.authority.cert, minVersion: version, maxVersion: version };
    const session = openHttp2(`https://localhost:${server.number}`, options);
    assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
    session.close();
    assert.equal(await getOverTls(server.number, options), "GET over HTTP/1.1");
  }
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  await assert.rejects(shake(server.number, old), { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
});

test("certificates may be given as text, and are not read again", async () => {
  const { cert, key } = made.server;
  await using server = await startPort({ tls: { cert, key }, limits: { handshakeTimeoutMs: never } });
  assert.equal(await getOverTls(server.number), "GET over HTTP/1.1");
  server.port.reloadCertificates();
  assert.equal(await serialOf(server.number), new X509Certificate(cert).serialNumber);
});

test("a client without ALPN is understood by its first bytes", async () => {
  await using server = await startSecure();
  for (const [bytes, answer] of [
    ["GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", /^HTTP\/1\.1 200 OK/],
    [http2Get, /GET over HTTP\/2\.0/],
  ] as const) {
    const socket = await shake(server.number);
    assert.equal(socket.alpnProtocol, false);
    socket.write(bytes);
    let answered = "";
    for await (const chunk of socket) {
      answered += chunk;
      if (answer.test(answered)) break;
    }
    assert.match(answered, answer);
  }
});

test("a client that offers only protocols unknown here is refused in the handshake", async () => {
  await using server = await startSecure();
  await assert.rejects(shake(server.number, { ALPNProtocols: ["spdy/3"] }), {
    code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
  });
});

test("TLS within TLS is closed", async () => {
  await using server = await startSecure();
  const socket = await shake(server.number);
  socket.write(Buffer.from([0x16, 3, 1]));
  assert.equal((await readToClose(socket)).length, 0);
});

test("silence is cut within the handshake, and after it", async () => {
  // Long enough for handshakes that are done while others wait.
  await using server = await startSecure({}, 1000);
  const silent = await connect(server.number);
  silent.write(Buffer.from([0x16, 3, 1]));
  const shaken = [await shake(server.number), await shake(server.number, { ALPNProtocols: ["h2"] })];
  await Promise.all([silent, ...shaken].map(readToClose));
  assert.deepEqual(server.cuts, ["handshake", "handshake", "handshake"]);
});

test("a client shows a certificate of the authority, or is refused", async () => {
  const stranger = await makeCertificates();
  await using server = await startSecure({ clientCaFile: made.caFile });
  const client = await made.authority.client("Ada");
  assert.equal(await getOverTls(server.number, client), "GET over HTTP/1.1");
  const session = openHttp2(`https://localhost:${server.number}`, { ca: made.authority.cert, ...client });
  assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
  session.close();
  await assert.rejects(getOverTls(server.number));
  await assert.rejects(getOverTls(server.number, await stranger.authority.client("Eve")));
  await assert.rejects(getOverTls(server.number, made.server), "a server's certificate is no client's");
  stranger[Symbol.dispose]();
});

test("without an authority for clients none needs a certificate", async () => {
  await using server = await startSecure();
  assert.equal(await getOverTls(server.number), "GET over HTTP/1.1");
});

test("new files serve new connections, and open ones go on", async () => {
  using files = await makeCertificates();
  const { promise: reloaded, resolve } = Promise.withResolvers<Error | undefined>();
  await using server = await startSecure({ ...files, watchIntervalMs: 5, onReload: resolve });
  const trust = { ca: files.authority.cert };
  const session = openHttp2(`https://localhost:${server.number}`, trust);
  await getOverHttp2(session);
  const next = await makeCertificates();
  // Key first: until both are there they do not match, and nothing changes.
  files.folder.write("server-key.pem", next.server.key);
  assert.match((await reloaded)?.message ?? "", /not the private key of the certificate/);
  assert.equal(await getOverTls(server.number, trust), "GET over HTTP/1.1");
  files.folder.write("server.pem", next.server.cert);
  server.port.reloadCertificates();
  assert.equal(await getOverTls(server.number, { ca: next.authority.cert }), "GET over HTTP/1.1");
  assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
  session.close();
  next[Symbol.dispose]();
});

test("a swapped symlink above the files is noticed, as Kubernetes swaps them", async () => {
  using folder = makeFolder();
  function lay(version: string, { cert, key }: KeyPair) {
    mkdirSync(`${folder.path}/${version}`);
    writeFileSync(`${folder.path}/${version}/tls.crt`, cert);
    writeFileSync(`${folder.path}/${version}/tls.key`, key);
    symlinkSync(version, `${folder.path}/new`);
    renameSync(`${folder.path}/new`, `${folder.path}/..data`);
  }
  lay("one", made.server);
  for (const name of ["tls.crt", "tls.key"]) symlinkSync(`..data/${name}`, `${folder.path}/${name}`);
  const reloads: (Error | undefined)[] = [];
  const { promise: reloaded, resolve } = Promise.withResolvers<void>();
  const certFile = `${folder.path}/tls.crt`;
  const keyFile = `${folder.path}/tls.key`;
  function onReload(error: Error | undefined) {
    reloads.push(error);
    resolve();
  }
  await using server = await startSecure({ certFile, keyFile, watchIntervalMs: 5, onReload });
  const before = await serialOf(server.number);
  lay("two", await made.authority.server(["localhost", "127.0.0.1"]));
  await reloaded;
  assert.deepEqual(reloads, [undefined]);
  assert.notEqual(await serialOf(server.number), before);
});

test("a cleartext HTTP/1.1 request is redirected, method and all", async () => {
  await using server = await startSecure();
  for (const host of ["localhost:50051", "127.0.0.1", "[::1]:8443", "api.example.com"]) {
    const socket = await connect(server.number);
    socket.write(`POST /a.B/C?x=%0d%0a HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 2\r\n\r\n{}`);
    const answer = (await readToClose(socket)).toString().toLowerCase();
    assert.match(answer, /^http\/1\.1 308 permanent redirect\r\n/);
    assert.ok(answer.includes(`\r\nlocation: https://${host}/a.b/c?x=%0d%0a\r\n`), answer);
    assert.ok(answer.includes("\r\nconnection: close\r\n"), answer);
  }
});

test("a host or a target that is unfit for a Location is not redirected to", async () => {
  await using server = await startSecure();
  for (const [target, host] of [
    ["/", "user@example.com"],
    ["/", "example.com/x?"],
    ["/", "example.com:x"],
    ["/", "a b"],
    ["/", ""],
    ["/", '"><script>'],
    ["http://example.com/", "localhost"],
    ["*", "localhost"],
  ]) {
    const socket = await connect(server.number);
    socket.write(`OPTIONS ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    assert.match((await readToClose(socket)).toString(), /^HTTP\/1\.1 400 Bad Request\r\n(?!.*location)/is);
  }
});

test("a cleartext client that neither finishes its request nor leaves is cut", async () => {
  await using server = await startSecure({}, 20);
  for (const start of ["", "GET / HTTP/1.1\r\n"]) {
    const socket = await connect(server.number);
    socket.write(start);
    await readToClose(socket);
  }
  assert.deepEqual(server.cuts, ["handshake", "handshake"]);
});

test("cleartext HTTP/2 is told to use HTTP/1.1, where it is redirected", async () => {
  await using server = await startSecure();
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  session.on("error", () => undefined);
  const [code] = await once(session, "goaway");
  assert.equal(code, http2.constants.NGHTTP2_HTTP_1_1_REQUIRED);
});

test("drain closes handshakes and connections over TLS", async () => {
  const server = await startSecure();
  const session = openHttp2(`https://localhost:${server.number}`, { ca: made.authority.cert });
  await getOverHttp2(session);
  const silent = await connect(server.number);
  await Promise.all([server.port.drain(never), readToClose(silent), once(session, "close")]);
  assert.equal(server.port.connectionCount, 0);
});
