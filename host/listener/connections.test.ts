import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import * as http2 from "node:http2";
import type { Socket } from "node:net";
import { test } from "node:test";
import { goawayIn, hello } from "../../test/support/frames.ts";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, getOverHttp1, getOverHttp2, never, readToClose, startPort } from "../../test/support/port.ts";

/** Timers out of the way of what a test looks at. */
const patient = { handshakeTimeoutMs: never, keepaliveIntervalMs: never, idleTimeoutMs: never };

const get = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/** Sends a request, and waits for a first part of its response. */
async function ask(socket: Socket): Promise<void> {
  const answered = once(socket, "data");
  socket.write(get);
  await answered;
}

for (const [bound, limits] of [
  ["its network's share", { maxConnectionsPerNetwork: 2 }],
  ["the bound on all", { maxConnections: 2 }],
] as const) {
  test(`the idlest connection makes room for one more than ${bound}`, async () => {
    await using server = await startPort({ limits: { ...patient, ...limits } });
    const [older, newer] = [await connect(server.number), await connect(server.number)];
    await ask(older);
    await ask(newer);
    await ask(older);
    const closed = once(newer, "end");
    newer.resume();
    assert.equal(await getOverHttp1(server.number), "GET over HTTP/1.1");
    await closed;
    assert.deepEqual(server.cuts, ["crowded"]);
    await ask(older);
    older.destroy();
    newer.destroy();
  });
}

test("a connection on which nothing was ever asked makes room", async () => {
  await using server = await startPort({ limits: { ...patient, maxConnectionsPerNetwork: 1 } });
  const silent = await connect(server.number);
  const closed = readToClose(silent);
  assert.equal(await getOverHttp1(server.number), "GET over HTTP/1.1");
  assert.equal((await closed).length, 0);
});

for (const httpEngine of ["engine", "node"] as const) {
  test(`an idle HTTP/2 connection makes room by GOAWAY, on ${httpEngine}`, async () => {
    await using server = await startPort({ limits: { ...patient, maxConnectionsPerNetwork: 1 }, httpEngine });
    const idle = await connect(server.number);
    const bytes = readToClose(idle);
    idle.write(hello);
    await once(idle, "data");
    const session = openHttp2(`http://127.0.0.1:${server.number}`);
    assert.equal(await getOverHttp2(session), "GET over HTTP/2.0");
    assert.equal(goawayIn(await bytes)?.code, http2.constants.NGHTTP2_NO_ERROR);
    session.close();
  });

  test(`where each connection has a request on it, one more is closed, on ${httpEngine}`, async () => {
    const held: ServerResponse[] = [];
    const bothHeld = Promise.withResolvers<void>();
    await using server = await startPort(
      { limits: { ...patient, maxConnectionsPerNetwork: 2 }, httpEngine },
      (_request, response) => {
        if (held.push(response) === 2) bothHeld.resolve();
      },
    );
    const session = openHttp2(`http://127.0.0.1:${server.number}`);
    const bodies = [getOverHttp1(server.number), getOverHttp2(session)];
    await bothHeld.promise;
    const third = await connect(server.number);
    assert.equal((await readToClose(third)).length, 0);
    assert.deepEqual(server.cuts, ["connections"]);
    for (const response of held) response.end("answered");
    assert.deepEqual(await Promise.all(bodies), ["answered", "answered"]);
    session.close();
  });
}

test("the connections of a proxy keep to no share", async () => {
  await using server = await startPort({
    limits: { ...patient, maxConnectionsPerNetwork: 1 },
    isProxy: address => address === "127.0.0.1",
  });
  const sockets = [await connect(server.number), await connect(server.number), await connect(server.number)];
  for (const socket of sockets) await ask(socket);
  assert.deepEqual(server.cuts, []);
  for (const socket of sockets) socket.destroy();
});

test("a network with many idle connections makes room before one with few", async () => {
  await using server = await startPort({ limits: { ...patient, maxConnections: 3 } });
  // Of another network than the others, and idle for longest.
  const alone = openHttp2(`http://[::1]:${server.number}`);
  assert.equal(await getOverHttp2(alone), "GET over HTTP/2.0");
  const [older, newer] = [await connect(server.number), await connect(server.number)];
  await ask(older);
  await ask(newer);
  const closed = once(older, "end");
  older.resume();
  assert.equal(await getOverHttp1(server.number), "GET over HTTP/1.1");
  await closed;
  assert.equal(await getOverHttp2(alone), "GET over HTTP/2.0");
  alone.close();
  for (const socket of [older, newer]) socket.destroy();
});
