import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { test } from "node:test";
import { Code, ConnectError, createClient, createContextValues } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { preEncode } from "../../protocol/pre-encode.ts";
import { aborted, clients, serveGreeter } from "./greeter-server.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

test("a deadline beyond what a timer holds does not end the call", async () => {
  await using server = await serveGreeter(
    { sayHello: async (_, { timeoutMs }) => ({ message: String(timeoutMs() ?? 0) }) },
    { maxDeadlineMs: Number.MAX_SAFE_INTEGER },
  );
  await using session = connect(server.url);
  const stream = open(session, "SayHello", { "grpc-timeout": "99999999H" });
  stream.end(hello("a"));
  assert.equal((await replyOf(stream)).trailers["grpc-status"], "0");
});

test("shutdown ends streams with its reason and lets unary calls finish", async () => {
  const shutdown = new AbortController();
  const go = Promise.withResolvers<void>();
  const running = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using server = await serveGreeter(
    {
      async sayHello(_, context) {
        running[0]?.resolve();
        const reason = await aborted(context);
        await go.promise;
        return { message: ConnectError.from(reason).rawMessage };
      },
      async *chat(requests) {
        running[1]?.resolve();
        for await (const _ of requests) yield {};
      },
    },
    { shutdownSignal: shutdown.signal },
  );
  await using session = connect(server.url);
  const client = createClient(Greeter, createGrpcTransport({ baseUrl: server.url }));
  const unary = client.sayHello({});
  const reply = replyOf(open(session, "Chat"));
  await Promise.all(running.map(({ promise }) => promise));
  shutdown.abort(new ConnectError("closing", Code.Unavailable));
  const { trailers } = await reply;
  assert.equal(trailers["grpc-status"], String(Code.Unavailable));
  assert.equal(trailers["grpc-message"], "closing");
  go.resolve();
  assert.equal((await unary).message, "closing");
  const late = await replyOf(open(session, "Chat"));
  assert.equal(late.trailers["grpc-message"], "closing");
});

test("a unary call that has begun is let finish, also where its body comes after the shutdown", async () => {
  const shutdown = new AbortController();
  const begun = Promise.withResolvers<void>();
  await using server = await serveGreeter(
    { sayHello: ({ name }) => ({ message: name }) },
    { shutdownSignal: shutdown.signal, requestGate: async () => begun.resolve() },
  );
  await using session = connect(server.url);
  const stream = open(session, "SayHello");
  const reply = replyOf(stream);
  stream.write(hello("late").subarray(0, 3));
  await begun.promise;
  shutdown.abort(new ConnectError("closing", Code.Unavailable));
  stream.end(hello("late").subarray(3));
  assert.equal((await reply).trailers["grpc-status"], "0");
});

test("a reset reaches the handler as the code it stands for", async () => {
  const expected = [
    [constants.NGHTTP2_CANCEL, Code.Canceled],
    [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
    [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  ] as const;
  for (const [rstCode, code] of expected) {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<unknown>();
    await using server = await serveGreeter({
      async *chat(_, context) {
        yield {};
        started.resolve();
        ended.resolve(await aborted(context));
      },
    });
    await using session = connect(server.url);
    const stream = open(session, "Chat");
    stream.write(hello("a"));
    await Promise.all([once(stream, "response"), started.promise]);
    stream.close(rstCode);
    assert.equal(ConnectError.from(await ended.promise).code, code);
  }
});

test("messages of one turn of the event loop share a write", async () => {
  await using server = await serveGreeter({
    async *sayHelloStream() {
      for (let i = 0; i < 100; i++) yield { message: "x" };
    },
  });
  await using session = connect(server.url);
  const stream = open(session, "SayHelloStream");
  stream.end(hello("a"));
  const sizes: number[] = [];
  stream.on("data", chunk => sizes.push(chunk.length));
  await once(stream, "end");
  assert.deepEqual(sizes, [100 * 8]);
});

test("a message marked for many streams is encoded once", async () => {
  const { HelloReplySchema } = await import("../../gen/greeter/greeter_pb.ts");
  const message = preEncode(HelloReplySchema, { message: "first" });
  await using server = await serveGreeter({
    async *sayHelloStream() {
      yield message;
    },
  });
  const all = clients(server.url);
  for (const { client } of all) assert.equal((await Array.fromAsync(client.sayHelloStream({})))[0]?.message, "first");
  // Encoded anew, this would show.
  message.message = "changed";
  for (const { client } of all) assert.equal((await Array.fromAsync(client.sayHelloStream({})))[0]?.message, "first");
});

test("a call that throws while its context is made is answered", async () => {
  await using server = await serveGreeter(
    { sayHello: () => ({}) },
    {
      contextValues: () => {
        throw new ConnectError("no", Code.Unauthenticated);
      },
    },
  );
  for (const { client } of clients(server.url))
    await assert.rejects(client.sayHello({}), { code: Code.Unauthenticated });
});

test("a gate refuses a call before its body is read", async () => {
  await using server = await serveGreeter(
    { sayHello: () => ({}) },
    {
      contextValues: () => createContextValues(),
      requestGate: async () => {
        throw new ConnectError("who are you", Code.Unauthenticated);
      },
    },
  );
  await using session = connect(server.url);
  const { trailers } = await replyOf(open(session, "SayHello"));
  assert.equal(trailers["grpc-status"], String(Code.Unauthenticated));
});
