import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  callFields,
  endHeaders,
  frame,
  hello,
  http2Get,
  literal,
  postFields,
  types,
} from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp1, getOverHttp2, never, readToClose, startPort } from "../../test/support/port.ts";
import { createOnePort } from "./one-port.ts";

test("one port answers HTTP/1.1 and HTTP/2 with prior knowledge, on both loopback families", async () => {
  await using server = await startPort();
  assert.deepEqual(
    server.addresses.map(({ address, port }) => [address, port === server.number]),
    [
      ["127.0.0.1", true],
      ["::1", true],
    ],
  );
  for (const host of ["127.0.0.1", "[::1]"]) {
    const session = openHttp2(`http://${host}:${server.number}`);
    assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
    session.close();
    assert.equal(await (await fetch(`http://${host}:${server.number}`)).text(), "GET over HTTP/1.1");
  }
});

test("a first chunk of any size is understood, for both versions", async () => {
  await using server = await startPort({ limits: { handshakeTimeoutMs: never } });
  const http1Get = Buffer.from("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  for (let size = 1; size <= 30; size++) {
    for (const [bytes, answer] of [
      [http1Get, /^HTTP\/1\.1 200 OK/],
      [http2Get, /GET over HTTP\/2\.0/],
    ] as const) {
      const socket = await connect(server.number);
      socket.write(bytes.subarray(0, size));
      // The rest is a later chunk for certain: the server holds this connection, with what it has read so far.
      await getOverHttp1(server.number);
      socket.write(bytes.subarray(size));
      let answered = "";
      for await (const chunk of socket) {
        answered += chunk;
        if (answer.test(answered)) break;
      }
      assert.match(answered, answer, `${size} bytes first`);
      socket.destroy();
    }
  }
});

test("silence, and a preface that stops half way, are cut when the time is up", async () => {
  await using server = await startPort({ limits: { handshakeTimeoutMs: 20 } });
  for (const start of ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r"]) {
    const socket = await connect(server.number);
    socket.write(start);
    await readToClose(socket);
  }
});

test("a client that half-closes before it said what it speaks is let go", async () => {
  await using server = await startPort({ limits: { handshakeTimeoutMs: never } });
  const socket = await connect(server.number);
  socket.end("PR");
  socket.resume();
  await once(socket, "close");
});

test("an HTTP/2 client that half-closes is gone", async () => {
  await using server = await startPort({ limits: { handshakeTimeoutMs: never } });
  const socket = await connect(server.number);
  socket.write(http2Get);
  await once(socket, "data");
  socket.end();
  await readToClose(socket);
});

test("a TLS handshake on the cleartext port is cut", async () => {
  await using server = await startPort({ limits: { handshakeTimeoutMs: never } });
  const socket = await connect(server.number);
  socket.write(Buffer.from([0x16, 0x03, 0x01]));
  socket.resume();
  await once(socket, "close");
});

test("a malformed HTTP/1.1 request is answered 400", async () => {
  await using server = await startPort();
  const socket = await connect(server.number);
  socket.write("BAD REQUEST LINE\r\n\r\n");
  assert.match((await socket.toArray()).join(""), /^HTTP\/1\.1 400 /);
});

test("a client that resets its connection at any time leaves nothing behind", async () => {
  await using server = await startPort({ limits: { handshakeTimeoutMs: never } });
  for (const start of ["", "P", "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
    const socket = await connect(server.number);
    socket.write(start);
    await getOverHttp1(server.number);
    socket.resetAndDestroy();
  }
  await server.port.drain(never);
  assert.equal(server.port.connectionCount, 0);
});

test("CONNECT is answered 405", async () => {
  await using server = await startPort();
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const stream = session.request({ ":method": "CONNECT", ":authority": "example.org:443" });
  stream.end();
  const [head] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  assert.equal(head[":status"], 405);
  assert.deepEqual(await stream.toArray(), []);
  session.close();
});

test("a request whose connection fails in the same read is no error of the server", async () => {
  await using server = await startPort();
  const socket = await connect(server.number);
  // DATA of a stream that was never opened: RFC 9113 section 5.1.
  socket.write(Buffer.concat([http2Get, frame(types.data, 0, 99, Buffer.from("x"))]));
  await readToClose(socket);
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
  session.close();
});

test("a request that is reset in the same read is no error of the server, and nobody's to answer", async () => {
  const heard: (string | undefined)[] = [];
  await using server = await startPort({}, ({ url }, response) => {
    heard.push(url);
    response.end();
  });
  for (const fields of [callFields("/call"), Buffer.concat([postFields, literal("expect", "100-continue")])]) {
    for (const code of [http2.constants.NGHTTP2_NO_ERROR, http2.constants.NGHTTP2_CANCEL]) {
      const socket = await connect(server.number);
      const request = frame(types.headers, endHeaders, 1, fields);
      socket.write(Buffer.concat([hello, request, frame(types.reset, 0, 1, Buffer.from([0, 0, 0, code]))]));
      await once(socket, "data");
      await getOverHttp1(server.number);
      socket.destroy();
    }
  }
  assert.deepEqual(heard, ["/", "/", "/", "/"]);
});

test("an HTTP/2 client is told how many streams it may open", async () => {
  await using server = await startPort({ limits: { maxStreamsPerConnection: 7 } });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const [settings] = (await once(session, "remoteSettings")) as [http2.Settings];
  assert.equal(settings.maxConcurrentStreams, 7);
  session.close();
});

test("drain closes idle connections of both versions, and ones that are not understood yet", async () => {
  const server = await startPort({ limits: { handshakeTimeoutMs: never } });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  await getOverHttp2(session);
  const agent = new http.Agent({ keepAlive: true });
  await getOverHttp1(server.number, agent);
  const silent = await connect(server.number);
  silent.resume();
  // A client may know of its connection before the server does.
  while (server.port.connectionCount < 3) await nextTurn();
  assert.equal(server.port.connectionCount, 3);
  await Promise.all([server.port.drain(never), once(session, "close"), once(silent, "close")]);
  assert.equal(server.port.connectionCount, 0);
  agent.destroy();
});

test("drain lets requests in flight finish, and closes their connections after them", async () => {
  const port = createOnePort({ limits: { lingerMs: 1 } });
  const held: http.ServerResponse[] = [];
  const { promise: bothHeld, resolve } = Promise.withResolvers<void>();
  port.serverFactory((_request, response) => {
    if (held.push(response) === 2) resolve();
  });
  const [address] = await port.listen({ host: "127.0.0.1", port: 0 });
  const number = address?.port ?? 0;
  const agent = new http.Agent({ keepAlive: true });
  const session = openHttp2(`http://127.0.0.1:${number}`);
  const bodies = [getOverHttp1(number, agent), getOverHttp2(session)];
  await bothHeld;
  const drained = port.drain(never);
  for (const response of held) response.end("finished");
  assert.deepEqual(await Promise.all(bodies), ["finished", "finished"]);
  await drained;
  agent.destroy();
});

test("drain cuts what is still in flight after the grace", async () => {
  const port = createOnePort({ limits: { lingerMs: 1 } });
  const { promise: held, resolve } = Promise.withResolvers<void>();
  port.serverFactory(() => resolve());
  const [address] = await port.listen({ host: "127.0.0.1", port: 0 });
  const body = getOverHttp1(address?.port ?? 0);
  await held;
  await Promise.all([port.drain(1), assert.rejects(body, { code: "ECONNRESET" })]);
});
