import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, connect, type Server } from "node:net";
import { afterEach, test } from "node:test";
import { collect } from "./collect.fixture.ts";
import { createEchoServer } from "./echo.fixture.ts";
import { ErrorCode } from "./frames.ts";
import { Session } from "./session.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(server: Server | http2.Http2Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function openClient(port: number): Promise<Session> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  closing.push(() => socket.destroy());
  return new Session(false, socket, {});
}

function nodeClient(port: number): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  closing.push(() => session.destroy());
  return session;
}

const post = [":method", "POST", ":scheme", "http", ":authority", "localhost", ":path", "/echo"];
const large = Buffer.alloc(3_000_000);
for (let index = 0; index < large.length; index++) large[index] = (index * 7 + (index >> 9)) & 0xff;

test("A body of megabytes comes back whole to Node's client, with trailers", async () => {
  const session = nodeClient(await listen(createEchoServer()));
  const request = session.request({ ":method": "POST", ":path": "/echo" });
  const trailers = once(request, "trailers");
  request.end(large);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  assert.deepEqual(Buffer.concat(chunks), large);
  assert.equal((await trailers)[0]["echo-status"], "0");
});

test("Our client and our server exchange megabytes on many streams at once", async () => {
  const client = await openClient(await listen(createEchoServer()));
  const replies = Array.from({ length: 20 }, (_, index) => {
    const body = large.subarray(0, 150_000 + index);
    const { stream, reply } = collect(client.connection, post);
    stream.end(body);
    return reply.then(({ body: echoed }) => assert.ok(echoed.equals(body)));
  });
  await Promise.all(replies);
});

test("Our client reads head, body and trailers of Node's server", async () => {
  const server = http2.createServer();
  server.on("stream", (stream: http2.ServerHttp2Stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</style.css>" });
    stream.respond({ ":status": 201, "x-kind": "node" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "yes" }));
    stream.pipe(stream);
  });
  const client = await openClient(await listen(server));
  const { stream, reply } = collect(client.connection, post);
  stream.end(large);
  const { heads, body, trailers, end } = await reply;
  assert.deepEqual(
    heads.map(({ status }) => status),
    [103, 201],
  );
  assert.equal(heads[1]?.headers["x-kind"], "node");
  assert.ok(body.equals(large));
  assert.equal(trailers?.headers["x-end"], "yes");
  assert.equal(end.by, "finished");
});

test("A stream that Node's client resets ends by the peer, and its connection goes on", async () => {
  const session = nodeClient(await listen(createEchoServer()));
  const request = session.request({ ":method": "POST", ":path": "/echo" });
  await once(request, "response");
  request.close(ErrorCode.cancel);
  await once(request, "close");
  const next = session.request({ ":method": "POST", ":path": "/echo" });
  next.end("after");
  assert.equal((await next.setEncoding("utf8").toArray()).join(""), "after");
});
