import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import * as net from "node:net";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Code, ConnectError, createClient, type ServiceImpl } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Greeter, HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { connectLane } from "../../host/lanes/connect-lane.ts";
import { sendHeaders } from "../../host/lanes/send-headers.ts";
import { preEncode } from "../../protocol/pre-encode.ts";
import { aborted, clients, type GreeterServerOptions, serveGreeter } from "./greeter-server.ts";
import type { TestServer } from "./listen.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

// What `@connectrpc/connect-fastify` 2.2 does over `node:http2` where the wire lane was made to do better: `mended-faults.test.ts` and
// `mended-endings.test.ts` have the same cases on that one. A test that fails here after an update is good news.

/** "done" is the call that is made after something, to see what has not happened until it is answered. */
function serveStock(service: Partial<ServiceImpl<typeof Greeter>>, options: GreeterServerOptions = {}) {
  return serveGreeter(
    { sayHello: () => ({ message: "done" }), ...service },
    { ...options, lane: connectLane, httpEngine: "node" },
  );
}

/** Makes a call on a connection of its own, from its start to its end. */
async function anotherCall({ url }: TestServer): Promise<void> {
  await using session = connect(url);
  const stream = open(session, "SayHello");
  stream.end(hello("done"));
  assert.equal((await replyOf(stream)).trailers["grpc-status"], "0");
}

// "It is up to the implementation to honor the AbortSignal": connectrpc/connect-es#591.
test("as shipped, a call whose deadline has passed goes on until its handler returns", async () => {
  const passed = Promise.withResolvers<unknown>();
  const go = Promise.withResolvers<void>();
  await using server = await serveStock({
    async sayHelloToMany(_, context) {
      passed.resolve(await aborted(context));
      await go.promise;
      return {};
    },
  });
  await using session = connect(server.url);
  const stream = open(session, "SayHelloToMany", { "grpc-timeout": "20m" });
  let answered = false;
  const reply = replyOf(stream).finally(() => {
    answered = true;
  });
  stream.end();
  assert.equal(ConnectError.from(await passed.promise).code, Code.DeadlineExceeded);
  await anotherCall(server);
  assert.equal(answered, false);
  go.resolve();
  await reply;
});

// connectrpc/connect-es#1217 asks for it.
test("as shipped, a generator parked on backpressure is left there when its client leaves", async () => {
  let released = false;
  const left = Promise.withResolvers<unknown>();
  await using server = await serveStock({
    async *sayHelloStream(_, context) {
      void aborted(context).then(left.resolve);
      try {
        for (;;) yield { message: "x".repeat(10_000) };
      } finally {
        released = true;
      }
    },
  });
  await using session = connect(server.url);
  const stream = open(session, "SayHelloStream");
  stream.end(hello("a"));
  await once(stream, "response");
  await anotherCall(server);
  stream.close(constants.NGHTTP2_CANCEL);
  await left.promise;
  await anotherCall(server);
  assert.equal(released, false);
});

test("as shipped, a bidi call that the handler ends early is answered, and its stream closed, too", async () => {
  await using server = await serveStock({
    async *chat() {
      yield { message: "enough" };
    },
  });
  await using session = connect(server.url);
  const stream = open(session, "Chat");
  stream.write(hello("a"));
  const { trailers, rstCode } = await replyOf(stream);
  assert.equal(trailers["grpc-status"], "0");
  assert.equal(rstCode, constants.NGHTTP2_NO_ERROR);
});

test("as shipped, headers wait for the first message over HTTP/1.1", async () => {
  const called = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using server = await serveStock({
    async *sayHelloStream(_, context) {
      sendHeaders(context);
      called.resolve();
      await go.promise;
      yield { message: "first" };
    },
  });
  let answered = false;
  const onHeader = () => {
    answered = true;
  };
  const client = createClient(Greeter, createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }));
  const messages = Array.fromAsync(client.sayHelloStream({}, { onHeader }));
  await called.promise;
  await anotherCall(server);
  assert.equal(answered, false);
  go.resolve();
  assert.equal((await messages).length, 1);
});

test("as shipped, a long error text ends its connection, and a lone surrogate hides the status", async () => {
  await using server = await serveStock({
    sayHello({ name }) {
      throw new ConnectError(name === "lone" ? "\ud800" : "x".repeat(500_000), Code.NotFound);
    },
  });
  await using session = connect(server.url);
  const lone = open(session, "SayHello");
  lone.end(hello("lone"));
  const reply = await replyOf(lone);
  assert.equal(reply.trailers["grpc-status"] ?? reply.headers["grpc-status"], undefined);

  const goaway = once(session, "goaway");
  const long = open(session, "SayHello");
  long.end(hello("long"));
  await assert.rejects(replyOf(long), { code: "ERR_HTTP2_STREAM_ERROR" });
  await goaway;
});

// Upstream's own conformance run leaves the suite of message sizes out.
test("as shipped, a client that still sends a message above the limit is answered, and never gets to send the rest", async () => {
  await using server = await serveStock({ sayHelloToMany: async () => ({}) }, { maxMessageBytes: 1000 });
  await using session = connect(server.url);
  const stream = open(session, "SayHello");
  let sent = false;
  const trailers = once(stream, "trailers");
  stream.resume();
  // More than a client may have under way unread.
  const body = Buffer.alloc(1_000_000);
  body[1] = 0x40;
  stream.write(body, () => {
    sent = true;
  });
  const [{ "grpc-status": status }] = await trailers;
  assert.equal(status, String(Code.ResourceExhausted));
  await anotherCall(server);
  assert.equal(sent, false);
  assert.equal(stream.closed, false);
});

test("as shipped, an exception never reaches the host's log", async () => {
  const lines: string[] = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  await using server = await serveStock(
    {
      sayHello() {
        throw new Error("secret");
      },
    },
    { logger: { level: "error", stream } },
  );
  for (const { client } of clients(server.url)) await assert.rejects(client.sayHello({}), { code: Code.Internal });
  assert.deepEqual(lines, []);
});

test("as shipped, a deadline beyond what a timer holds passes at once", async () => {
  await using server = await serveStock(
    {
      async sayHelloToMany(_, context) {
        throw await aborted(context);
      },
    },
    { maxDeadlineMs: Number.MAX_SAFE_INTEGER },
  );
  await using session = connect(server.url);
  const stream = open(session, "SayHelloToMany", { "grpc-timeout": "99999999H" });
  stream.end();
  assert.equal((await replyOf(stream)).trailers["grpc-status"], String(Code.DeadlineExceeded));
});

test("as shipped, a message for many streams is encoded for each of them", async () => {
  const message = preEncode(HelloReplySchema, { message: "first" });
  await using server = await serveStock({
    async *sayHelloStream() {
      yield message;
    },
  });
  const [{ client } = assert.fail()] = clients(server.url);
  assert.equal((await Array.fromAsync(client.sayHelloStream({})))[0]?.message, "first");
  message.message = "changed";
  assert.equal((await Array.fromAsync(client.sayHelloStream({})))[0]?.message, "changed");
});

test("a Host that is no name is answered with nothing by the lane as shipped, and as any other by the wire lane", async () => {
  const sayHello = () => ({ message: "done" });
  await using stock = await serveStock({});
  await using wire = await serveGreeter({ sayHello });
  assert.match(await post(stock), /^HTTP\/1.1 200 OK\r\n[^{]*$/);
  assert.match(await post(wire), /^HTTP\/1.1 200 OK\r\n.*\{"message":"done"\}$/s);
});

/** All that comes back to a call whose `Host` no URL can have. */
async function post({ port }: TestServer): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  const head = "POST /greeter.Greeter/SayHello HTTP/1.1\r\nhost: [\r\nconnection: close\r\n";
  socket.write(`${head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`);
  return text(socket);
}
