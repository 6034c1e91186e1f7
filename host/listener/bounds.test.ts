import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as http2 from "node:http2";
import { test } from "node:test";
import { callFields, endHeaders, endStream, frame, framesOf, hello, types } from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp1, never, startNodePort } from "../../test/support/port.ts";
import { withJitter } from "./deadlines.ts";

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_REFUSED_STREAM } = http2.constants;

/** Timers out of the way of what a test looks at. */
const patient = { handshakeTimeoutMs: never, keepaliveIntervalMs: never, idleTimeoutMs: never };

test("a stream above those that a client was told it may open is refused, the others go on", async () => {
  const { promise: held, resolve } = Promise.withResolvers<() => void>();
  await using server = await startNodePort(
    { limits: { ...patient, maxStreamsPerConnection: 1 } },
    (request, response) => {
      if (request.url === "/held") resolve(() => response.end("answered"));
      else response.end();
    },
  );
  const socket = await connect(server.number);
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  async function frameOf(type: number, stream: number) {
    for (;;) {
      const found = framesOf(bytes).find(frame => frame.type === type && frame.stream === stream);
      if (found) return found;
      await once(socket, "data");
    }
  }
  socket.write(Buffer.concat([hello, frame(types.headers, endHeaders | endStream, 1, callFields("/held"))]));
  const finish = await held;
  // The bound is not acknowledged yet. Once it was, Node ends the whole connection.
  socket.write(frame(types.headers, endHeaders | endStream, 3, callFields("/")));
  const { payload } = await frameOf(types.reset, 3);
  assert.equal(payload.readUInt32BE(0), NGHTTP2_REFUSED_STREAM);
  finish();
  await frameOf(types.headers, 1);
  socket.destroy();
});

test("a client that lets answers pile up opens no more streams once they fill a session's memory", async () => {
  const chunk = Buffer.alloc(512 * 1024);
  await using server = await startNodePort({ limits: patient }, (_request, response) => void response.write(chunk));
  const session = openHttp2(`http://127.0.0.1:${server.number}`, { settings: { initialWindowSize: 0 } });
  session.on("error", () => undefined);
  let opened = 0;
  for (; opened < 50; opened++) {
    const stream = session.request({ ":path": "/" });
    stream.on("error", () => undefined);
    const answered = await Promise.race([
      once(stream, "response").then(() => true),
      new Promise(resolve => stream.once("close", () => resolve(false))),
    ]);
    if (answered) continue;
    assert.equal(stream.rstCode, NGHTTP2_ENHANCE_YOUR_CALM);
    break;
  }
  // 4 MB, of which each stream fills a half.
  assert.ok(opened >= 7 && opened <= 10, `${opened} streams were answered`);
  session.destroy();
});

test("connections that were opened together do not end together", () => {
  const ages = Array.from({ length: 1000 }, () => withJitter(1000));
  for (const age of ages) assert.ok(age >= 900 && age <= 1100, `${age}`);
  assert.ok(Math.max(...ages) - Math.min(...ages) > 100);
});

const linux = process.platform === "linux";

test("TCP asks a silent peer for a sign of life after a minute", { skip: !linux && "reads /proc" }, async () => {
  await using server = await startNodePort({ limits: patient });
  const socket = await connect(server.number);
  // Connections are accepted in their turn: this one is, once a later one is answered.
  await getOverHttp1(server.number);
  const hex = (port = 0) => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const line = lines.find(text => {
    const [, local, remote] = text.trim().split(/\s+/);
    return local?.endsWith(hex(server.number)) && remote?.endsWith(hex(socket.localPort));
  });
  // Timer 2 is keepalive's; the time is in hundredths of a second (proc_net_tcp in Linux's documentation).
  const [timer, when = ""] = line?.trim().split(/\s+/)[5]?.split(":") ?? [];
  assert.equal(timer, "02", `${line}`);
  const left = Number.parseInt(when, 16);
  assert.ok(left > 0 && left <= 6000, `${left}`);
  socket.destroy();
});
