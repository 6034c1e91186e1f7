import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import { test } from "node:test";
import {
  callFields,
  endHeaders,
  endStream,
  frame,
  framesOf,
  goawayIn,
  hello,
  literal,
  types,
} from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp1, getOverHttp2, never, readToClose, startNodePort } from "../../test/support/port.ts";

const { NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;

/** Timers out of the way of what a test looks at. */
const patient = { handshakeTimeoutMs: never, keepaliveIntervalMs: never, idleTimeoutMs: never };

function ignoreError() {}

/** Waits for the end, be it an error. */
async function closeOf(stream: http2.ClientHttp2Stream): Promise<void> {
  await new Promise(resolve => stream.on("error", ignoreError).once("close", resolve));
}

test("HTTP/1.1 headers that take too long are answered 408", async () => {
  await using server = await startNodePort({ limits: { headersTimeoutMs: 20 } });
  const socket = await connect(server.number);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n");
  assert.match((await readToClose(socket)).toString(), /^HTTP\/1\.1 408 /);
});

test("HTTP/1.1 headers above 16 KiB are answered 431", async () => {
  await using server = await startNodePort();
  const socket = await connect(server.number);
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(16_384)}\r\n\r\n`);
  assert.match((await readToClose(socket)).toString(), /^HTTP\/1\.1 431 /);
});

test("HTTP/2 headers above 16 KiB are answered 431, whether the client knows the limit or not", async () => {
  await using server = await startNodePort({ limits: patient });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const [settings] = (await once(session, "remoteSettings")) as [http2.Settings];
  assert.equal(settings.maxHeaderListSize, 16_384);
  const stream = session.request({ ":path": "/", "x-big": "x".repeat(16_384) });
  const [error] = (await once(stream, "error")) as [Error];
  assert.match(error.message, /ENHANCE_YOUR_CALM/);
  assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
  session.close();

  // SETTINGS are not acknowledged here: 16 fields of 1 KB, then 2, as literals (RFC 7541 section 6.2.2).
  const field = Buffer.concat([Buffer.from([0, 1, 0x79, 0x7f, 0xf1, 0x06]), Buffer.alloc(1008, "x")]);
  const block = Buffer.concat([Buffer.from([0x82, 0x84, 0x86, 0x41, 1, 0x78]), ...Array<Buffer>(16).fill(field)]);
  const socket = await connect(server.number);
  const answer = readToClose(socket);
  socket.write(Buffer.concat([hello, frame(types.headers, endStream | endHeaders, 1, block)]));
  const rest = Buffer.concat([Buffer.from([0x82, 0x84, 0x86, 0x41, 1, 0x78]), field, field]);
  socket.end(frame(types.headers, endStream | endHeaders, 3, rest));
  const headers = framesOf(await answer).filter(({ type }) => type === types.headers);
  // 0x88 is `:status: 200` (RFC 7541 appendix A); 431 has no such short form.
  assert.deepEqual(
    headers.map(({ stream, payload }) => [stream, payload[0] === 0x88]),
    [
      [1, false],
      [3, true],
    ],
  );
});

test("an HTTP/2 request of more than 64 header fields is refused", async () => {
  await using server = await startNodePort({ limits: patient });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const fields = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`x-${n}`, "1"]));
  const [error] = (await once(session.request({ ":path": "/", ...fields }), "error")) as [Error];
  assert.match(error.message, /ENHANCE_YOUR_CALM/);
  session.close();
});

test("a client whose requests have too many header fields again and again is sent GOAWAY", async () => {
  await using server = await startNodePort({ limits: { ...patient, maxRefusedRequests: 5 } });
  const fields = Array.from({ length: 70 }, () => literal("x", "1"));
  const refused = Buffer.concat([callFields("/"), ...fields]);
  const socket = await connect(server.number);
  const answer = readToClose(socket);
  socket.write(hello);
  let stream = -1;
  function send(block: Buffer) {
    stream += 2;
    socket.write(frame(types.headers, endHeaders | endStream, stream, block));
  }
  for (let n = 0; n < 5; n++) {
    send(refused);
    for (let served = 0; served < 3; served++) send(callFields("/"));
  }
  send(refused);
  const bytes = await answer;
  assert.equal(goawayIn(bytes)?.code, NGHTTP2_ENHANCE_YOUR_CALM);
  const frames = framesOf(bytes);
  assert.equal(frames.filter(({ type }) => type === types.reset).length, 6);
  assert.equal(frames.filter(({ type }) => type === types.headers).length, 15);
  assert.deepEqual(server.cuts, ["refused requests"]);
});

test("a body that does not arrive in time ends its request, in both versions", async () => {
  await using server = await startNodePort({ limits: { ...patient, bodyTimeoutMs: 20 } }, () => undefined);
  const socket = await connect(server.number);
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{");
  assert.match((await readToClose(socket)).toString(), /^HTTP\/1\.1 408 Request Timeout\r\nconnection: close\r\n/);

  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.write("{");
  await closeOf(stream);
  assert.equal(stream.rstCode, NGHTTP2_ENHANCE_YOUR_CALM);
  session.close();
  assert.deepEqual(server.cuts, ["body", "body"]);
});

test("the body of an HTTP/1.1 request that is answered before it is there must come in time as well", async () => {
  const options = { limits: { ...patient, bodyTimeoutMs: 20 }, mayStayOpen: (path: string) => path === "/stream" };
  await using server = await startNodePort(options, (_request, response) => void response.end("refused"));
  for (const path of ["/", "/stream"]) {
    const socket = await connect(server.number);
    // Bytes that come one by one are activity, and the idle timeout no bound on them.
    const timer = setInterval(() => socket.write("x"), 5);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 50000\r\n\r\n`);
    const reply = (await readToClose(socket)).toString();
    clearInterval(timer);
    assert.match(reply, /\r\n\r\nrefused$/);
  }
  assert.deepEqual(server.cuts, ["body", "body"]);
});

test("an HTTP/1.1 connection goes on behind a body that was answered before it was there", async () => {
  const options = { limits: patient, mayStayOpen: (path: string) => path === "/stream" };
  await using server = await startNodePort(options, ({ url }, response) => void response.end(`${url} answered`));
  for (const path of ["/", "/stream"]) {
    const socket = await connect(server.number);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n`);
    await once(socket, "data");
    socket.write("12345GET /next HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert.match((await readToClose(socket)).toString(), /\/next answered$/);
  }
  assert.deepEqual(server.cuts, []);
});

test("the body of an HTTP/1.1 request whose handler reads no more of it must come in time as well", async () => {
  const options = { limits: { ...patient, bodyTimeoutMs: 20 }, mayStayOpen: (path: string) => path === "/stream" };
  await using server = await startNodePort(options, async (request, response) => {
    // Node takes the socket from it then: https://github.com/nodejs/node/blob/main/lib/internal/streams/destroy.js
    for await (const chunk of request as AsyncIterable<Buffer>) if (chunk.length > 0) break;
    response.end("enough");
  });
  for (const path of ["/", "/stream"]) {
    const socket = await connect(server.number);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n12`);
    assert.match((await readToClose(socket)).toString(), /enough/);
  }
  assert.equal(await getOverHttp1(server.number), "enough");
  assert.deepEqual(server.cuts, ["body", "body"]);
});

test("requests that are all there, and those that may stay open, outlive the time for bodies", async () => {
  const held: http.ServerResponse[] = [];
  const { promise: allHeld, resolve } = Promise.withResolvers<void>();
  const options = { limits: { ...patient, bodyTimeoutMs: 200 }, mayStayOpen: (path: string) => path === "/stream" };
  await using server = await startNodePort(options, (_request, response) => {
    if (held.push(response) === 4) resolve();
  });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const full = session.request({ ":method": "POST", ":path": "/" });
  full.end("{}");
  const open = session.request({ ":method": "POST", ":path": "/stream?x" });
  open.write("{");
  const options1 = { host: "127.0.0.1", port: server.number, method: "POST", agent: false } as const;
  const full1 = http.request({ ...options1, path: "/" }).end("{}");
  const open1 = http.request({ ...options1, path: "/stream" });
  open1.write("{");
  const answers1 = [full1, open1].map(request => once(request, "response") as Promise<[http.IncomingMessage]>);
  await allHeld;
  // A request of its own lives through the limit and is cut by it: those above are older.
  const late = session.request({ ":method": "POST", ":path": "/late" });
  await closeOf(late);
  for (const response of held.splice(0)) response.end("answered");
  for (const stream of [full, open]) assert.equal((await stream.toArray()).join(""), "answered");
  for (const answer of answers1) assert.equal((await (await answer)[0].toArray()).join(""), "answered");
  open1.destroy();
  session.close();
  assert.deepEqual(server.cuts, ["body"]);
});
