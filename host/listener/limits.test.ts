import assert from "node:assert/strict";
import { once } from "node:events";
import type * as http from "node:http";
import * as http2 from "node:http2";
import { test } from "node:test";
import { makeCertificates } from "../../test/support/certificates.ts";
import {
  callFields,
  endHeaders,
  frame,
  goawayIn,
  hello,
  http2Get,
  postFields,
  preface,
  types,
} from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp1, getOverHttp2, never, readToClose, startNodePort } from "../../test/support/port.ts";

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = http2.constants;

/** Timers out of the way of what a test looks at. */
const patient = { handshakeTimeoutMs: never, keepaliveIntervalMs: never, idleTimeoutMs: never };

function ignoreError() {}

/** Waits for the end, be it an error. */
async function closeOf(stream: http2.ClientHttp2Stream): Promise<void> {
  await new Promise(resolve => stream.on("error", ignoreError).once("close", resolve));
}

test("an HTTP/2 client that sends its preface and no SETTINGS is cut", async () => {
  await using server = await startNodePort({ limits: { handshakeTimeoutMs: 20 } });
  const socket = await connect(server.number);
  socket.write(preface);
  await readToClose(socket);
  assert.deepEqual(server.cuts, ["handshake"]);
});

test("a client that is done with its handshake is not cut when the handshake's time is up", async () => {
  await using server = await startNodePort({ limits: { handshakeTimeoutMs: 1000 } });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  await once(session, "localSettings");
  // Cut after its own time, so the other one's, which began before, is up as well.
  await readToClose(await connect(server.number));
  assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
  session.close();
});

test("an HTTP/2 connection with no stream is sent GOAWAY when its time is up", async () => {
  await using server = await startNodePort({ limits: { keepaliveIntervalMs: 5, idleTimeoutMs: 20 } });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const [[code]] = await Promise.all([once(session, "goaway"), once(session, "close")]);
  assert.equal(code, NGHTTP2_NO_ERROR);
});

test("a client that ignores GOAWAY is closed after a moment", async () => {
  await using server = await startNodePort({ limits: { keepaliveIntervalMs: 5, idleTimeoutMs: 10, lingerMs: 20 } });
  const socket = await connect(server.number);
  socket.allowHalfOpen = true;
  socket.write(hello);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  assert.deepEqual(goawayIn(Buffer.concat(chunks)), { code: NGHTTP2_NO_ERROR, text: "" });
  await server.port.drain(never);
  socket.destroy();
});

test("an HTTP/2 connection that goes idle within a header block is closed, whatever its client sends of it", async () => {
  await using server = await startNodePort({ limits: { keepaliveIntervalMs: 5, idleTimeoutMs: 1 } });
  const socket = await connect(server.number);
  socket.write(Buffer.concat([hello, frame(types.headers, endHeaders, 1, postFields).subarray(0, 11)]));
  await readToClose(socket);
});

test("an HTTP/1.1 connection with no request is closed when its time is up", async () => {
  await using server = await startNodePort({ limits: { idleTimeoutMs: 20 } });
  const socket = await connect(server.number);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  assert.match((await readToClose(socket)).toString(), /200 OK/);
});

test("silent streams of both versions outlive the idle timeout, and PINGs find their client alive", async () => {
  const held: http.ServerResponse[] = [];
  const { promise: bothHeld, resolve } = Promise.withResolvers<void>();
  const limits = { keepaliveIntervalMs: 5, keepaliveTimeoutMs: never, idleTimeoutMs: 10, headersTimeoutMs: 10 };
  await using server = await startNodePort({ limits: { ...limits, bodyTimeoutMs: 10 } }, (_request, response) => {
    response.write("first ");
    if (held.push(response) === 2) resolve();
  });
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  const bodies = [getOverHttp1(server.number), getOverHttp2(session)];
  await bothHeld;
  for (let pings = 0; pings < 10; pings++) await once(session, "ping");
  for (const response of held) response.end("last");
  assert.deepEqual(await Promise.all(bodies), ["first last", "first last"]);
  session.close();
});

test("a peer that does not answer a PING is cut, be it gone or stopped within a frame", async () => {
  const limits = { keepaliveIntervalMs: 5, keepaliveTimeoutMs: 10, idleTimeoutMs: never };
  await using server = await startNodePort({ limits }, () => undefined);
  for (const bytes of [
    http2Get,
    Buffer.concat([hello, frame(types.headers, endHeaders, 1, postFields).subarray(0, 11)]),
  ]) {
    const socket = await connect(server.number);
    socket.write(bytes);
    await readToClose(socket);
  }
  assert.deepEqual(server.cuts, ["keepalive", "keepalive"]);
});

test("a flood of PING or SETTINGS frames is answered with GOAWAY, in cleartext and over TLS", async () => {
  using made = await makeCertificates();
  for (const tls of [undefined, made]) {
    await using server = await startNodePort({ tls, limits: { ...patient, maxControlFrames: 50 } });
    const origin = `${tls ? "https" : "http"}://localhost:${server.number}`;
    const flooding = openHttp2(origin, { ca: made.authority.cert, maxOutstandingPings: 100 });
    flooding.on("error", ignoreError);
    await once(flooding, "remoteSettings");
    for (let n = 0; n < 100; n++) flooding.ping(ignoreError);
    const [code, , text] = await once(flooding, "goaway");
    assert.equal(code, NGHTTP2_ENHANCE_YOUR_CALM);
    assert.equal(Buffer.from(text).toString(), "too_many_pings");
  }
  await using server = await startNodePort({ limits: { ...patient, maxControlFrames: 50 } });
  const socket = await connect(server.number);
  socket.write(Buffer.concat([hello, ...Array<Buffer>(100).fill(frame(types.settings, 0, 0))]));
  assert.deepEqual(goawayIn(await readToClose(socket)), { code: NGHTTP2_ENHANCE_YOUR_CALM, text: "too_many_pings" });
  assert.deepEqual(server.cuts, ["control frames"]);
});

test("PINGs that come one at a time are counted as well, unless data was sent between them", async () => {
  using made = await makeCertificates();
  for (const tls of [undefined, made]) {
    await using server = await startNodePort({ tls, limits: { ...patient, maxControlFrames: 20 } });
    const origin = `${tls ? "https" : "http"}://localhost:${server.number}`;
    const session = openHttp2(origin, { ca: made.authority.cert });
    session.on("error", ignoreError);
    const goaway = once(session, "goaway");
    async function ping() {
      await new Promise(resolve => session.ping(resolve));
    }
    for (let n = 0; n < 100; n++) {
      await ping();
      await getOverHttp2(session);
    }
    assert.deepEqual(server.cuts, []);
    for (let n = 0; n < 30 && !session.destroyed; n++) await Promise.race([ping(), goaway]);
    assert.equal((await goaway)[0], NGHTTP2_ENHANCE_YOUR_CALM);
  }
});

test("a client that resets more than ten times the streams it may have open is sent GOAWAY, others are served", async () => {
  let served = 0;
  await using server = await startNodePort({ limits: patient }, (request, response) => {
    if (request.method === "GET") response.end("answered");
    else served++;
  });
  const socket = await connect(server.number);
  const answer = readToClose(socket);
  // All in one write: Node forgives a hundred a second, and a busy machine may take its time from one to the next.
  const requests = Array.from({ length: 2000 }, (_, n) => [
    frame(types.headers, endHeaders, 2 * n + 1, postFields),
    frame(types.reset, 0, 2 * n + 1, Buffer.from([0, 0, 0, 8])),
  ]);
  socket.write(Buffer.concat([hello, ...requests.flat()]));
  const goaway = goawayIn(await answer);
  assert.ok(goaway && goaway.code !== NGHTTP2_NO_ERROR, JSON.stringify(goaway));
  // Those that came with the one too many are not served at all.
  assert.ok(served < 1900, `${served} served`);
  assert.equal(await getOverHttp1(server.number), "answered");
});

test("requests that come together with what ends their connection are not served", async () => {
  const peers: unknown[] = [];
  await using server = await startNodePort(
    { limits: patient },
    request => void peers.push(request.socket?.remoteAddress),
  );
  const streams = Array.from({ length: 2000 }, (_, n) =>
    Buffer.concat([
      frame(types.headers, endHeaders, 2 * n + 1, callFields("/")),
      frame(types.reset, 0, 2 * n + 1, Buffer.from([0, 0, 0, 8])),
    ]),
  );
  const socket = await connect(server.number);
  socket.write(Buffer.concat([hello, ...streams]));
  const goaway = goawayIn(await readToClose(socket));
  assert.ok(goaway && goaway.code !== NGHTTP2_NO_ERROR, JSON.stringify(goaway));
  assert.ok(peers.length < streams.length, `${peers.length} served`);
  // Whoever asks the others where they come from gets no answer, or an error that nobody expects.
  assert.ok(!peers.includes(undefined));
});

test("a connection of age is sent GOAWAY, finishes its streams, and is cut after the grace", async () => {
  let held = 0;
  // As long as it takes for the request to get there first.
  for (let maxConnectionAgeMs = 20; held === 0; maxConnectionAgeMs *= 2) {
    const limits = { ...patient, maxConnectionAgeMs, connectionAgeGraceMs: 20 };
    await using server = await startNodePort({ limits }, () => void held++);
    const session = openHttp2(`http://127.0.0.1:${server.number}`);
    session.on("error", ignoreError);
    const stream = session.request({ ":path": "/" });
    const told: [code: number, destroyed: boolean][] = [];
    session.on("goaway", code => told.push([code, stream.destroyed]));
    await closeOf(stream);
    if (held === 0) continue;
    assert.deepEqual(told, [[NGHTTP2_NO_ERROR, false]]);
    assert.deepEqual(server.cuts, ["age"]);
  }
});

test("an HTTP/1.1 connection of age is closed after the answer in flight", async () => {
  let answer = "";
  // As long as it takes for the request to get there first.
  for (let maxConnectionAgeMs = 20; answer === ""; maxConnectionAgeMs *= 2) {
    const limits = { ...patient, maxConnectionAgeMs, connectionAgeGraceMs: never };
    await using server = await startNodePort({ limits }, async (_request, response) => {
      // Two that came later, one after the other, are closed for their age: so this one's time has come, jitter and all.
      for (let n = 0; n < 2; n++) {
        const later = openHttp2(`http://127.0.0.1:${server.number}`).on("error", ignoreError);
        await new Promise(resolve => later.once("close", resolve));
      }
      response.end("answered");
    });
    const socket = await connect(server.number);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    answer = (await readToClose(socket)).toString();
  }
  assert.match(answer, /\r\nconnection: close\r\n/i);
  assert.match(answer, /answered$/);
});
