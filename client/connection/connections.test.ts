import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { frame, framesOf, preface, types } from "../../test/support/frames.ts";
import { freePort } from "../../test/support/free-port.ts";
import { startServer } from "../../test/support/server.ts";
import { passOn, startTcp } from "../../test/support/tcp-server.ts";
import { createConcierge } from "../index.ts";
import { howUnprocessed } from "../retry/unprocessed.ts";
import { defaultLimits } from "./connection.ts";
import { Connections } from "./connections.ts";

/** A server that treats each stream as the test says. */
async function startStreams(onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void) {
  const server = http2.createServer();
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", session => {
    sessions.add(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream: http2.ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    onStream(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** How a call fails that is made once. */
async function failure(baseUrl: string): Promise<ConnectError> {
  await using concierge = createConcierge({ baseUrl, retry: false });
  return await concierge.greeter.sayHello({ name: "Ada" }).then(
    () => assert.fail("the call succeeded"),
    error => {
      assert.ok(error instanceof ConnectError);
      return error;
    },
  );
}

test("a call that a server's GOAWAY leaves out is made on another connection, also one that is not idempotent", async () => {
  await using server = await startServer();
  await using front = await startTcp((socket, number) => {
    if (number > 1) return passOn(socket, server.port);
    socket.write(frame(types.settings, 0, 0));
    let received = Buffer.alloc(0);
    socket.on("data", bytes => {
      received = Buffer.concat([received, bytes as Buffer]);
      const call = framesOf(received.subarray(preface.length)).some(({ type }) => type === types.headers);
      // Last stream 0: none was looked at. The connection stays open.
      if (call) socket.write(frame(types.goaway, 0, 0, Buffer.alloc(8)));
    });
  });
  await using concierge = createConcierge({ baseUrl: front.baseUrl });
  const reply = await concierge.greeter.sayHello({ name: "Ada" });
  assert.equal(reply.message, "Hello, Ada!");
  assert.equal(front.connections, 2);
});

test("a peer that is no HTTP/2 server is told of by an error, and does no more harm, whoever calls at the same time", async () => {
  await using peer = await startTcp(socket => {
    socket.once("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  await using concierge = createConcierge({ baseUrl: peer.baseUrl, retry: false });
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 3 }, () => concierge.greeter.sayHello({ name: "Ada" }));
    for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      assert.equal(status, "rejected");
      assert.match(String(reason), /^ConnectError: \[unavailable\] cannot connect to http:\/\/127.0.0.1:\d+: /);
    }
  }
});

for (const [what, end] of [
  ["resets", (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ["closes", (socket: { end(): void }) => socket.end()],
] as const) {
  test(`a connection that the peer ${what} at once is UNAVAILABLE, and the call is known to be unsent`, async () => {
    await using peer = await startTcp(end);
    const error = await failure(peer.baseUrl);
    assert.equal(error.code, Code.Unavailable);
    assert.equal(howUnprocessed(error), "unsent");
  });
}

test("the address that refuses is named, for a name with several of them, too", async () => {
  const port = await freePort();
  assert.match((await failure(`http://localhost:${port}`)).message, /cannot connect to .*ECONNREFUSED.*:\d+/);
});

for (const [name, reset, code] of [
  ["REFUSED_STREAM", http2.constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  ["CANCEL", http2.constants.NGHTTP2_CANCEL, Code.Canceled],
  ["INTERNAL_ERROR", http2.constants.NGHTTP2_INTERNAL_ERROR, Code.Internal],
  ["ENHANCE_YOUR_CALM", http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  ["NO_ERROR", http2.constants.NGHTTP2_NO_ERROR, Code.Internal],
] as const) {
  test(`a call that is reset with ${name} ends with ${Code[code]}`, async () => {
    await using server = await startStreams(stream => stream.close(reset));
    const error = await failure(server.baseUrl);
    assert.equal(error.code, code, error.message);
    assert.equal(howUnprocessed(error), name === "REFUSED_STREAM" ? "refused" : undefined);
  });
}

test("a call that is refused unseen is made again at once, and tells of no attempt before it; then by the policy", async () => {
  const told: unknown[] = [];
  await using server = await startStreams((stream, headers) => {
    told.push(headers["grpc-previous-rpc-attempts"]);
    if (told.length < 4) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    else stream.respond({ ":status": 404 }, { endStream: true });
  });
  await using concierge = createConcierge({ baseUrl: server.baseUrl, retry: { initialBackoffMs: 1 } });
  await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Unimplemented });
  assert.deepEqual(told, [undefined, undefined, "1", "2"]);
});

test("a call whose connection is lost is UNAVAILABLE, and may have been seen", async () => {
  await using server = await startStreams(stream => (stream.session as http2.Http2Session).destroy());
  const error = await failure(server.baseUrl);
  assert.equal(error.code, Code.Unavailable);
  assert.equal(howUnprocessed(error), undefined);
});

for (const [what, body] of [
  ["nothing", ""],
  ["half an envelope", "\0\0\0"],
  ["a message without an end", "\0\0\0\0\0"],
] as const) {
  test(`a stream that a proxy ends after ${what} is a connection that was lost`, async () => {
    await using server = await startStreams(stream => {
      stream.respond({ ":status": 200, "content-type": "application/connect+proto" });
      stream.end(body);
    });
    await using concierge = createConcierge({ baseUrl: server.baseUrl, retry: false });
    const error = await Array.fromAsync(concierge.greeter.sayHelloStream({})).catch(reason => reason);
    assert.equal(error.code, Code.Unavailable, error.message);
    assert.match(error.message, /the connection was lost: protocol error: (missing|incomplete) /);
  });
}

test("more streams than a connection takes go over another one", async () => {
  await using server = await startServer({ MAX_STREAMS_PER_CONNECTION: "5" });
  await using front = await startTcp(socket => passOn(socket, server.port));
  await using concierge = createConcierge({ baseUrl: front.baseUrl });
  const stop = new AbortController();
  const watches = Array.from({ length: 12 }, () => concierge.watch({}, { signal: stop.signal }));
  for (const watch of watches) assert.equal((await watch.next()).value?.kind, "bookmark");
  assert.equal(front.connections, 3);
  stop.abort();
});

test("a peer that is silent in the middle of a call is found by a PING, and the call ends", async () => {
  await using peer = await startTcp(socket => socket.write(frame(types.settings, 0, 0)));
  const connections = new Connections(peer.baseUrl, {}, { keepaliveMs: 1, keepaliveTimeoutMs: 1, idleMs: 60_000 });
  const stream = await connections.request("POST", "/greeter.Greeter/SayHello", {}, {});
  const [error] = (await once(stream, "error")) as [Error];
  assert.match(error.message, /no sign of life in 2 ms/);
  connections.close();
});

test("a server that takes no calls at all is not stormed with connections", async () => {
  const noStreams = Buffer.from([0, http2.constants.NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0, 0, 0, 0]);
  await using peer = await startTcp(socket => socket.write(frame(types.settings, 0, 0, noStreams)));
  const error = await failure(peer.baseUrl);
  assert.match(error.message, /cannot connect to .*: the server takes no calls/);
  assert.equal(howUnprocessed(error), "unsent");
  assert.equal(peer.connections, 1);
});

test("calls that end before there is a connection are never begun", async () => {
  const streams: string[] = [];
  const server = http2.createServer();
  server.on("stream", (stream: http2.ServerHttp2Stream, headers) => {
    streams.push(headers[":path"] as string);
    stream.respond({ ":status": 404 }, { endStream: true });
  });
  const accepted = Promise.withResolvers<Socket>();
  await using peer = await startTcp(accepted.resolve);
  await using concierge = createConcierge({ baseUrl: peer.baseUrl, retry: false });
  const leave = new AbortController();
  const calls = Array.from({ length: 20 }, () => concierge.greeter.sayHello({}, { signal: leave.signal }));
  const socket = await accepted.promise;
  leave.abort();
  for (const call of calls) await assert.rejects(call, { code: Code.Canceled });
  const last = concierge.health.check({});
  server.emit("connection", socket);
  await assert.rejects(last, { code: Code.Unimplemented });
  assert.deepEqual(streams, ["/grpc.health.v1.Health/Check"]);
});

test("a connection that was idle for too long is not used again", async t => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  await using server = await startServer();
  await using front = await startTcp(socket => passOn(socket, server.port));
  const connections = new Connections(front.baseUrl, {});
  for (const afterMs of [0, defaultLimits.idleMs, defaultLimits.idleMs + 1]) {
    t.mock.timers.tick(afterMs);
    const stream = await connections.request("GET", "/livez", {}, {});
    assert.equal((await stream.toArray()).join(""), "ok\n");
    if (!stream.closed) await once(stream, "close");
  }
  assert.equal(front.connections, 2);
  connections.close();
});

test("an idle client keeps no process running", async () => {
  await using server = await startServer();
  const program = `
    import { createConcierge } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
    const concierge = createConcierge({ baseUrl: "${server.baseUrl}" });
    console.log((await concierge.greeter.sayHello({ name: "Ada" })).message);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  assert.equal(stdout, "Hello, Ada!\n");
});

test("nor does an attempt to connect that nobody waits for any more", async () => {
  await using silent = await startTcp(() => {});
  for (const scheme of ["http", "https"]) {
    const program = `
      import { createConcierge } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
      const concierge = createConcierge({ baseUrl: "${scheme}://127.0.0.1:${silent.port}", deadlineMs: 100 });
      const code = await concierge.greeter.sayHello({}).catch(({ code }) => code);
      console.log(code, process.getActiveResourcesInfo().filter(kind => /TCP|Timeout/.test(kind)));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    assert.equal(stdout, `${Code.DeadlineExceeded} []\n`, scheme);
  }
});
