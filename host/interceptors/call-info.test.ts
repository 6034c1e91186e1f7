import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { peerOf } from "./call-info.ts";
import type { CallSource } from "./call-source.ts";

for (const [what, lost] of [
  ["is told", false],
  ["is unknown, and no error, where the connection is lost before anybody asked", true],
] as const) {
  test(`a client's address ${what}`, async () => {
    const server = http2.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = openHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on("error", () => {});
    client
      .request()
      .on("error", () => {})
      .end();
    const [request] = (await once(server, "request")) as [http2.Http2ServerRequest];
    request.on("error", () => {}).on("aborted", () => {});
    const { session } = request.stream;
    // Node tells of a stream a tick after its headers came: its session may be over by then, and the stream not yet.
    assert.ok(session);
    if (lost) {
      Object.defineProperty(request.stream, "session", { value: session });
      session.destroy();
      await once(session, "close");
    }
    const peer = peerOf({ raw: request } as unknown as CallSource);
    if (lost) assert.equal(peer, "");
    else assert.match(peer, /^127\.0\.0\.1:\d+$/);
    client.destroy();
    server.close();
  });
}

test("a client's address is unknown, and no error, where the request has let go of its connection", () => {
  assert.equal(peerOf({ raw: { stream: { session: undefined }, socket: undefined } } as unknown as CallSource), "");
});

test("a client's address is unknown, and no error, where Node took the socket from a request over HTTP/1.1", async () => {
  const server = http.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = http.request({ host: "127.0.0.1", port, method: "POST", agent: false }).on("error", () => {});
  client.write("some of it");
  const [request] = (await once(server, "request")) as [http.IncomingMessage];
  for await (const _ of request) break;
  assert.equal(request.socket, null);
  assert.equal(peerOf({ raw: request } as unknown as CallSource), "");
  client.destroy();
  server.close();
});
