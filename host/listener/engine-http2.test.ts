import assert from "node:assert/strict";
import { type EventEmitter, once } from "node:events";
import * as http2 from "node:http2";
import { test } from "node:test";
import { makeCertificates } from "../../test/support/certificates.ts";
import {
  callFields,
  endHeaders,
  endStream,
  frame,
  framesOf,
  goawayIn,
  hello,
  http2Get,
  literal,
  postFields,
  preface,
  types,
} from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp2, never, readToClose, startPort, type TestPort } from "../../test/support/port.ts";
import type { OnePortOptions } from "./one-port.ts";

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = http2.constants;

/** Timers out of the way of what a test looks at. */
const patient = { handshakeTimeoutMs: never, keepaliveIntervalMs: never, idleTimeoutMs: never };

function start(options: OnePortOptions, handler?: Parameters<typeof startPort>[1]): Promise<TestPort> {
  return startPort({ ...options, httpEngine: "engine" }, handler);
}

function ignoreError() {}

/** Waits for the end, be it an error. */
async function closeOf(ending: EventEmitter): Promise<void> {
  await new Promise(resolve => ending.on("error", ignoreError).once("close", resolve));
}

test("over the engine a client that sends its preface and no SETTINGS is cut", async () => {
  await using server = await start({ limits: { handshakeTimeoutMs: 20 } });
  const socket = await connect(server.number);
  socket.write(preface);
  await readToClose(socket);
  assert.deepEqual(server.cuts, ["handshake"]);
});

test("over the engine a connection with no stream is told so when its time is up, and closed though its client stays", async () => {
  await using server = await start({ limits: { ...patient, idleTimeoutMs: 20 } });
  const socket = await connect(server.number);
  socket.write(hello);
  assert.deepEqual(goawayIn(await readToClose(socket)), { code: NGHTTP2_NO_ERROR, text: "max_idle" });
});

test("over the engine a peer that does not answer a PING is cut, be it gone or stopped within a frame", async () => {
  const limits = { ...patient, keepaliveIntervalMs: 5, keepaliveTimeoutMs: 10 };
  await using server = await start({ limits }, () => undefined);
  for (const bytes of [
    http2Get,
    Buffer.concat([hello, frame(types.headers, endHeaders, 1, postFields).subarray(0, 11)]),
  ]) {
    const socket = await connect(server.number);
    socket.write(bytes);
    await readToClose(socket);
  }
  assert.deepEqual(server.cuts, ["keepalive timeout", "keepalive timeout"]);
});

test("over the engine a flood of PINGs is answered with GOAWAY, in cleartext and over TLS", async () => {
  using made = await makeCertificates();
  for (const tls of [undefined, made]) {
    await using server = await start({ tls, limits: patient });
    const origin = `${tls ? "https" : "http"}://localhost:${server.number}`;
    const flooding = openHttp2(origin, { ca: made.authority.cert, maxOutstandingPings: 200 });
    flooding.on("error", ignoreError);
    await once(flooding, "remoteSettings");
    for (let n = 0; n < 200; n++) flooding.ping(ignoreError);
    await closeOf(flooding);
    assert.deepEqual(server.cuts, ["too_many_pings"]);
  }
});

test("over the engine a flood of SETTINGS is answered with GOAWAY, and none that comes after its end", async () => {
  await using server = await start({ limits: patient });
  const socket = await connect(server.number);
  const reply = readToClose(socket);
  const floods = 2000;
  socket.write(Buffer.concat([hello, ...Array<Buffer>(floods).fill(frame(types.settings, 0, 0))]));
  const bytes = await reply;
  const last = framesOf(bytes).findLast(({ type }) => type === types.goaway);
  assert.equal(last?.payload.readUInt32BE(4), NGHTTP2_ENHANCE_YOUR_CALM);
  assert.equal(last?.payload.toString("latin1", 8), "control frames");
  const acknowledged = framesOf(bytes).filter(({ type, flags }) => type === types.settings && flags === 1).length;
  assert.ok(acknowledged < 200, `${acknowledged} were acknowledged`);
  assert.deepEqual(server.cuts, ["control frames"]);
});

test("over the engine a connection of age is sent GOAWAY twice, finishes its streams, and is cut after the grace", async () => {
  let held = 0;
  // As long as it takes for the request to get there first.
  for (let maxConnectionAgeMs = 20; held === 0; maxConnectionAgeMs *= 2) {
    const limits = { ...patient, maxConnectionAgeMs, connectionAgeGraceMs: 200 };
    await using server = await start({ limits }, () => void held++);
    const session = openHttp2(`http://127.0.0.1:${server.number}`);
    session.on("error", ignoreError);
    const stream = session.request({ ":path": "/" }).on("error", ignoreError);
    const told: number[] = [];
    session.on("goaway", (_code, lastId) => told.push(lastId));
    await closeOf(stream);
    if (held === 0) continue;
    assert.deepEqual(told, [2 ** 31 - 1, 1]);
    assert.deepEqual(server.cuts, ["age"]);
  }
});

test("over the engine a body that does not arrive in time ends its request, unless it may stay open", async () => {
  const options = { limits: { ...patient, bodyTimeoutMs: 20 }, mayStayOpen: (path: string) => path === "/stream" };
  await using server = await start(options, ({ url }, response) => {
    if (url?.startsWith("/stream")) response.write("open");
  });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const open = session.request({ ":method": "POST", ":path": "/stream?x" }).on("error", ignoreError);
  await once(open, "response");
  const late = session.request({ ":method": "POST", ":path": "/" }).on("error", ignoreError);
  late.write("{");
  await closeOf(late);
  assert.equal(late.rstCode, NGHTTP2_ENHANCE_YOUR_CALM);
  assert.equal(open.closed, false);
  assert.deepEqual(server.cuts, ["the body did not arrive in time"]);
  session.destroy();
});

test("over the engine headers that are too large or too many are answered 431, others on the connection are served", async () => {
  await using server = await start({ limits: patient });
  // A value of 1,008 octets (RFC 7541 sections 5.1 and 6.2.2).
  const large = Buffer.concat([Buffer.from([0, 1, 0x79, 0x7f, 0xf1, 0x06]), Buffer.alloc(1008, "x")]);
  for (const fields of [Array<Buffer>(16).fill(large), Array<Buffer>(70).fill(literal("x", "1"))]) {
    const socket = await connect(server.number);
    const block = Buffer.concat([callFields("/"), ...fields]);
    const parts = [block.subarray(0, 16_000), block.subarray(16_000)];
    socket.write(
      Buffer.concat([
        hello,
        frame(types.headers, endStream, 1, parts[0]),
        frame(types.continuation, endHeaders, 1, parts[1]),
        frame(types.headers, endStream | endHeaders, 3, callFields("/")),
      ]),
    );
    let bytes = Buffer.alloc(0);
    const headers = () => framesOf(bytes).filter(({ type }) => type === types.headers);
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk]);
      if (headers().length === 2) break;
    }
    // 0x88 is `:status: 200` (RFC 7541 appendix A); 431 has no such short form.
    assert.deepEqual(
      headers().map(({ stream, payload }) => [stream, payload[0] === 0x88]),
      [
        [1, false],
        [3, true],
      ],
    );
  }
});

test("over the engine a client that resets its requests again and again is sent away, and few of them are served", async () => {
  let served = 0;
  await using server = await start({ limits: patient }, () => void served++);
  const socket = await connect(server.number);
  const requests = Array.from({ length: 2000 }, (_, n) => [
    frame(types.headers, endHeaders, 2 * n + 1, postFields),
    frame(types.reset, 0, 2 * n + 1, Buffer.from([0, 0, 0, NGHTTP2_CANCEL])),
  ]);
  socket.write(Buffer.concat([hello, ...requests.flat()]));
  assert.deepEqual(goawayIn(await readToClose(socket)), { code: NGHTTP2_NO_ERROR, text: "resets" });
  assert.deepEqual(server.cuts, ["resets"]);
  assert.ok(served < 200, `${served} served`);
});

test("an exception of a handler ends its connection alone, and is told", async () => {
  const failures: unknown[] = [];
  const options = { limits: patient, onFailure: (error: unknown) => void failures.push(error) };
  await using server = await start(options, (request, response) => {
    if (request.url === "/bad") throw new Error("a bug");
    response.end("fine");
  });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  session.on("error", ignoreError);
  const stream = session.request({ ":path": "/bad" }).on("error", ignoreError);
  await closeOf(stream);
  assert.match(String(failures), /a bug/);
  const other = openHttp2(`http://127.0.0.1:${server.number}`);
  assert.equal(await getOverHttp2(other), "fine");
  other.close();
});
