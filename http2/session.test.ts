import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterEach, test } from "node:test";
import { connect as connectSecurely, createServer as createSecureServer } from "node:tls";
import { makeCertificates } from "../test/support/certificates.ts";
import { collect } from "./collect.fixture.ts";
import { createEchoServer, echoEvents } from "./echo.fixture.ts";
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

test("TLS serves as cleartext does", async () => {
  using certificates = await makeCertificates();
  const { key, cert } = certificates.server;
  const options = { key, cert, ALPNProtocols: ["h2"] } as const;
  const port = await listen(createSecureServer(options, socket => new Session(true, socket, echoEvents)));
  const ca = certificates.authority.cert;
  const socket = connectSecurely({ port, host: "127.0.0.1", servername: "localhost", ca, ALPNProtocols: ["h2"] });
  await once(socket, "secureConnect");
  closing.push(() => socket.destroy());
  const client = new Session(false, socket, {});
  const { stream, reply } = collect(client.connection, post);
  stream.end(large);
  assert.ok((await reply).body.equals(large));
});

test("A listener's error ends its connection with INTERNAL_ERROR, and other connections go on", async () => {
  const failures: unknown[] = [];
  const server = createServer(
    socket =>
      new Session(true, socket, {
        request: stream => {
          if (stream.request?.path === "/bug") throw new Error("a bug");
          echoEvents.request?.(stream);
        },
        failed: error => failures.push(error),
      }),
  );
  const port = await listen(server);
  const [one, other] = [await openClient(port), await openClient(port)];
  const bad = collect(one.connection, [...post.slice(0, 6), ":path", "/bug"]);
  bad.stream.end();
  const { end } = await bad.reply;
  assert.deepEqual([end.by, end.code], ["connection", ErrorCode.internalError]);
  assert.match(String(failures[0]), /a bug/);
  const good = collect(other.connection, post);
  good.stream.end(Buffer.from("still here"));
  assert.equal((await good.reply).body.toString(), "still here");
});

test("A reader that stops holds back its own stream alone, and gets all of it when it goes on", async () => {
  const client = await openClient(await listen(createEchoServer()));
  const paused = collect(client.connection, post);
  paused.stream.pause();
  paused.stream.end(large);
  for (let index = 0; index < 10; index++) {
    const other = collect(client.connection, post);
    other.stream.end(large.subarray(0, 200_000));
    assert.equal((await other.reply).body.length, 200_000);
  }
  paused.stream.resume();
  assert.ok((await paused.reply).body.equals(large));
});

test("A socket that is destroyed ends its calls on both sides", async () => {
  const arrived = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  const server = createServer(
    socket =>
      new Session(true, socket, {
        request: stream => {
          stream.listen({
            data: () => {},
            ended: () => {},
            drained: () => {},
            closed: ({ by }) => ended.resolve(by),
          });
          arrived.resolve();
        },
      }),
  );
  const client = await openClient(await listen(server));
  const { stream, reply } = collect(client.connection, post);
  stream.write(Buffer.from("some"));
  await arrived.promise;
  client.socket.destroy();
  assert.equal((await reply).end.by, "connection");
  assert.equal(client.connection.isOpen, false);
  assert.equal(await ended.promise, "connection");
});

test("A server that leaves lets the call end and closes the connection, for Node's client too", async () => {
  const sessions: Session[] = [];
  const server = createServer(socket => void sessions.push(new Session(true, socket, echoEvents)));
  const client = nodeClient(await listen(server));
  const request = client.request({ ":method": "POST", ":path": "/echo" });
  request.write("one");
  await once(request, "response");
  sessions[0]?.connection.shutDown("max_age");
  await once(client, "goaway");
  request.end("two");
  assert.equal((await request.setEncoding("utf8").toArray()).join(""), "onetwo");
  await once(client, "close");
});

test("A TLS client that renegotiates loses its connection", { timeout: 30_000 }, async () => {
  using certificates = await makeCertificates();
  const { key, cert } = certificates.server;
  const options = { key, cert, ALPNProtocols: ["h2"], maxVersion: "TLSv1.2" } as const;
  const port = await listen(createSecureServer(options, socket => new Session(true, socket, echoEvents)));
  const ca = certificates.authority.cert;
  const socket = connectSecurely({ port, host: "127.0.0.1", servername: "localhost", ca, ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "secureConnect");
  closing.push(() => socket.destroy());
  socket.renegotiate({}, () => {});
  socket.resume();
  await closed;
});
