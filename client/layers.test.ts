import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, type Interceptor } from "@connectrpc/connect";
import { startServer } from "../test/support/server.ts";
import { startTcp } from "../test/support/tcp-server.ts";
import { createConcierge } from "./index.ts";
import { protocols } from "./protocol.ts";

test("headers go with each call, and a call's own win", async () => {
  await using server = await startServer();
  await using concierge = createConcierge({ baseUrl: server.baseUrl, headers: { "x-request-id": "of-the-client" } });
  const ids: (string | null)[] = [];
  const onHeader = (headers: Headers) => ids.push(headers.get("x-request-id"));
  await concierge.greeter.sayHello({ name: "Ada" }, { onHeader });
  await concierge.greeter.sayHello({ name: "Ada" }, { onHeader, headers: { "x-request-id": "of-the-call" } });
  assert.deepEqual(ids, ["of-the-client", "of-the-call"]);
});

test("an interceptor sees each call once, with the client's headers and before its token, and a call's headers win", async () => {
  const seen: (string | null)[][] = [];
  const watchCalls: Interceptor = next => request => {
    seen.push([request.method.name, request.header.get("x-team"), request.header.get("authorization")]);
    request.header.set("x-request-id", "of-the-interceptor");
    return next(request);
  };
  await using server = await startServer();
  await using concierge = createConcierge({
    baseUrl: server.baseUrl,
    headers: { "x-team": "blue" },
    token: () => "t",
    interceptors: [watchCalls],
  });
  let requestId: string | null = null;
  const onHeader = (header: Headers) => {
    requestId = header.get("x-request-id");
  };
  await concierge.greeter.sayHello({ name: "Ada" }, { onHeader });
  assert.deepEqual(seen, [["SayHello", "blue", null]]);
  assert.equal(requestId, "of-the-interceptor");

  await server[Symbol.asyncDispose]();
  const list = concierge.directory.listUsers({}, { headers: { "x-team": "red" } });
  await assert.rejects(list, { code: Code.Unavailable });
  assert.deepEqual(seen[1], ["ListUsers", "red", null]);
  assert.equal(seen.length, 2);
});

test("a unary call has the client's deadline unless it names its own, and a stream has none", async () => {
  await using peer = await startTcp(() => {});
  await using impatient = createConcierge({ baseUrl: peer.baseUrl, deadlineMs: 1 });
  await assert.rejects(impatient.greeter.sayHello({}), { code: Code.DeadlineExceeded });
  await using patient = createConcierge({ baseUrl: peer.baseUrl });
  await assert.rejects(patient.greeter.sayHello({}, { timeoutMs: 1 }), { code: Code.DeadlineExceeded });

  await using server = await startServer({ GREETER_STREAM_INTERVAL_MS: "20" });
  await using concierge = createConcierge({ baseUrl: server.baseUrl, deadlineMs: 1 });
  const messages = await Array.fromAsync(concierge.greeter.sayHelloStream({ name: "Ada" }));
  assert.equal(messages.length, 5);
});

test("a call's own timeout is any number of milliseconds that gRPC can say, or is named", async () => {
  await using server = await startServer();
  for (const protocol of protocols) {
    await using concierge = createConcierge({ baseUrl: server.baseUrl, protocol });
    const { greeter } = concierge;
    for (const timeoutMs of [60_000.5, 0]) {
      assert.equal((await greeter.sayHello({ name: "Ada" }, { timeoutMs })).message, "Hello, Ada!");
      assert.equal((await Array.fromAsync(greeter.sayHelloStream({}, { timeoutMs }))).length, 5);
    }
    for (const timeoutMs of [100_000_000, Number.POSITIVE_INFINITY, Number.NaN]) {
      const error = {
        code: Code.InvalidArgument,
        rawMessage: new RegExp(`^timeoutMs "${timeoutMs}" is not at most 9999`),
      };
      await assert.rejects(greeter.sayHello({}, { timeoutMs }), error);
      await assert.rejects(Array.fromAsync(greeter.sayHelloStream({}, { timeoutMs })), error);
    }
  }
});

test("a stream that fails before it is read tells who reads it, and nobody else", async t => {
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  await using peer = await startTcp(socket => socket.end());
  await using concierge = createConcierge({ baseUrl: peer.baseUrl, retry: false });
  const stream = concierge.greeter.sayHelloStream({});
  await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Unavailable });
  await new Promise(setImmediate);
  assert.equal(unhandled.mock.callCount(), 0);
  await assert.rejects(Array.fromAsync(stream), { code: Code.Unavailable });
});
