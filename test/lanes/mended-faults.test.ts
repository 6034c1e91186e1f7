import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { test } from "node:test";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { createCallLog } from "../../host/interceptors/call-end.ts";
import { statedBodyMs } from "../../host/lanes/early-reply.ts";
import { sendHeaders } from "../../host/lanes/send-headers.ts";
import { logTo } from "../../host/logger.ts";
import { maxErrorTextBytes } from "../../protocol/wire-error.ts";
import { aborted, clients, serveGreeter } from "./greeter-server.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

const never = new Promise<never>(() => {});

test("a deadline ends a call whose handler sleeps on", async () => {
  const reasons: unknown[] = [];
  let called = 0;
  const sleep = (_: unknown, context: HandlerContext) => {
    called++;
    void aborted(context).then(reason => reasons.push(reason));
    return never;
  };
  await using server = await serveGreeter({
    sayHello: sleep,
    // biome-ignore lint/correctness/useYield: it sleeps
    async *sayHelloStream(_, context) {
      await sleep(_, context);
    },
  });
  for (const { client } of clients(server.url)) {
    const headers = { "grpc-timeout": "20m", "connect-timeout-ms": "20" };
    // The client itself has no deadline: what it sees is the server's answer.
    await assert.rejects(client.sayHello({}, { headers }), { code: Code.DeadlineExceeded });
    await assert.rejects(Array.fromAsync(client.sayHelloStream({}, { headers })), { code: Code.DeadlineExceeded });
  }
  // On a busy machine a deadline may have passed before its handler was called.
  assert.ok(called > 0);
  assert.equal(reasons.length, called);
  assert.ok(reasons.every(reason => reason instanceof ConnectError && reason.code === Code.DeadlineExceeded));
});

/** Serves a stream that is written until nobody takes more; tells when its generator has begun, and ended. */
function serveFlood(begun: () => void, released: () => void) {
  return serveGreeter({
    async *sayHelloStream() {
      begun();
      try {
        for (;;) yield { message: "x".repeat(10_000) };
      } finally {
        released();
      }
    },
  });
}

test("a generator parked on backpressure is released when its client leaves", async () => {
  const released = Promise.withResolvers<void>();
  await using server = await serveFlood(() => {}, released.resolve);
  await using session = connect(server.url);
  const stream = open(session, "SayHelloStream");
  stream.end(hello("a"));
  await once(stream, "response");
  stream.close(constants.NGHTTP2_CANCEL);
  await released.promise;
});

test("a deadline releases a generator whose client does not read", async () => {
  const released = Promise.withResolvers<void>();
  let begun = 0;
  await using server = await serveFlood(() => begun++, released.resolve);
  await using session = connect(server.url);
  // On a busy machine a deadline may have passed before its handler was called.
  for (let ms = 50; begun === 0; ms *= 2) {
    const stream = open(session, "SayHelloStream", { "grpc-timeout": `${ms}m` });
    stream.end(hello("a"));
    await once(stream, "response");
  }
  await released.promise;
});

test("a bidi call that the handler ends early is answered, and its stream closed", async () => {
  await using server = await serveGreeter({
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

test("a handler can send its headers before its first message", async () => {
  let go = Promise.withResolvers<void>();
  await using server = await serveGreeter({
    async *sayHelloStream(_, context) {
      context.responseHeader.set("x-feed", "open");
      sendHeaders(context);
      await go.promise;
      yield { message: "first" };
    },
  });
  for (const { client } of clients(server.url)) {
    go = Promise.withResolvers();
    const headers = Promise.withResolvers<Headers>();
    const messages = Array.fromAsync(client.sayHelloStream({}, { onHeader: headers.resolve }));
    assert.equal((await headers.promise).get("x-feed"), "open");
    go.resolve();
    assert.equal((await messages)[0]?.message, "first");
  }
});

test("an error's text is cut to what a header can bear", async () => {
  await using server = await serveGreeter({
    sayHello({ name }) {
      throw new ConnectError(name === "pairs" ? "€".repeat(50_000) : `\ud800${"x".repeat(500_000)}`, Code.NotFound);
    },
  });
  for (const { client } of clients(server.url)) {
    for (const name of ["pairs", "lone"]) {
      const error = await client.sayHello({ name }).then(() => assert.fail("it succeeds"), ConnectError.from);
      assert.equal(error.code, Code.NotFound);
      assert.ok(error.rawMessage.isWellFormed());
      assert.ok(Buffer.byteLength(error.rawMessage) <= maxErrorTextBytes);
      assert.ok(Buffer.byteLength(error.rawMessage) > maxErrorTextBytes - 4);
    }
  }
});

test("a message above the limit is refused while the client still sends it", async () => {
  await using server = await serveGreeter(
    {
      sayHello: () => ({}),
      sayHelloToMany: async requests => ({ message: `${(await Array.fromAsync(requests)).length}` }),
    },
    { maxMessageBytes: 1000 },
  );
  await using session = connect(server.url);
  for (const method of ["SayHello", "SayHelloToMany"]) {
    const stream = open(session, method);
    // One gigabyte is promised, the stream stays open, and the answer comes all the same.
    stream.write(Buffer.from([0, 0x40, 0, 0, 0, 1, 2, 3]));
    const { trailers, rstCode } = await replyOf(stream);
    assert.equal(trailers["grpc-status"], String(Code.ResourceExhausted));
    assert.equal(rstCode, constants.NGHTTP2_NO_ERROR);
  }
});

test("an early answer waits for a body of a stated length: connect-go cuts the body short when it has headers", async () => {
  await using server = await serveGreeter({ sayHello: () => ({}) }, { maxMessageBytes: 1000 });
  await using session = connect(server.url);
  const message = hello("x".repeat(2000));
  for (let waited = false; !waited; ) {
    const stream = open(session, "SayHello", { "content-length": message.length });
    const reply = replyOf(stream);
    let answered = false;
    stream.on("response", () => {
      answered = true;
    });
    const start = performance.now();
    stream.write(message.subarray(0, 100));
    // What the server answers to that is here when the PINGs come back.
    for (let n = 0; n < 3; n++) await new Promise(resolve => session.ping(resolve));
    // A machine so busy that the server had waited long enough says nothing.
    waited = performance.now() - start < statedBodyMs;
    if (waited) assert.equal(answered, false);
    stream.end(message.subarray(100));
    const { trailers, rstCode } = await reply;
    assert.equal(trailers["grpc-status"], String(Code.ResourceExhausted));
    if (waited) assert.equal(rstCode, constants.NGHTTP2_NO_ERROR);
  }
});

test("an early answer does not wait for ever for a body of a stated length", async () => {
  await using server = await serveGreeter({ sayHello: () => ({}) }, { maxMessageBytes: 1000 });
  await using session = connect(server.url);
  const message = hello("x".repeat(2000));
  const stream = open(session, "SayHello", { "content-length": message.length });
  stream.write(message.subarray(0, 100));
  assert.equal((await replyOf(stream)).trailers["grpc-status"], String(Code.ResourceExhausted));
});

test("an exception is INTERNAL to the client and goes to the log whole, with the request's id", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = logTo({ write: line => lines.push(JSON.parse(line)) }, "error");
  await using server = await serveGreeter(
    {
      sayHello() {
        throw new Error("secret");
      },
    },
    { onCallEnd: createCallLog(log) },
  );
  for (const { client } of clients(server.url)) {
    await assert.rejects(client.sayHello({}), { code: Code.Internal, rawMessage: "internal error" });
  }
  assert.equal(lines.length, 3);
  for (const { err, method, requestId } of lines) {
    assert.match((err as Error).message, /secret/);
    assert.equal(method, "greeter.Greeter/SayHello");
    assert.match(String(requestId), /^req-/);
  }
});
