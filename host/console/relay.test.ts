import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { fieldsOf, openCall, type RelayedCall } from "../../test/support/relay.ts";
import { chat, codeOf, endOf, hello, sayHello, start, textOf } from "./relay.fixture.ts";
import { RelayExchange } from "./relay-exchange.ts";

test("a gRPC stream goes both ways at once, and ends with its trailers", async t => {
  const { console } = await start(t);
  await using call = await openCall(console, chat);
  for (const name of ["Ada", "Grace"]) {
    await call.send(hello(name));
    if (name === "Ada") {
      const head = await call.next();
      assert.equal(head.case, "head");
      assert.equal(head.case === "head" && fieldsOf(head.value.headers)["content-type"], "application/grpc+proto");
    }
    assert.equal(textOf(await call.body()), `Hello ${name}`);
  }
  await call.send(new Uint8Array(), true);
  assert.deepEqual(await endOf(call), { "grpc-status": "0" });
});

test("the bytes of a message may come in pieces, and the last of them with the end", async t => {
  const { console, go } = await start(t);
  go.resolve();
  await using call = await openCall(console, sayHello);
  const bytes = hello("Ada");
  await call.send(bytes.subarray(0, 3));
  await call.send(bytes.subarray(3), true);
  const [head, body, end] = await call.rest();
  assert.equal(head?.case, "head");
  assert.equal(body?.case === "body" && textOf(body.value), "Hello Ada");
  assert.deepEqual(end?.case === "end" && fieldsOf(end.value.trailers), { "grpc-status": "0", "x-trailer": "set" });
});

test("the other protocols are relayed as well", async t => {
  const { console, go } = await start(t);
  go.resolve();
  await using call = await openCall(console, { ...sayHello, contentType: "application/json" });
  await call.send(Buffer.from('{"name":"Ada"}'), true);
  const [head, body, end] = await call.rest();
  assert.equal(head?.case === "head" && fieldsOf(head.value.headers)["trailer-x-trailer"], "set");
  assert.deepEqual(body?.case === "body" && JSON.parse(Buffer.from(body.value).toString()), { message: "Hello Ada" });
  assert.equal(end?.case, "end");
});

test("a call has the headers of Open, but for what says how Open is sent", async t => {
  const { console } = await start(t);
  const headers = { authorization: "Bearer a", "x-mine": "1", "connect-timeout-ms": "60000" };
  await using call = await openCall(console, { ...chat, headers, timeoutMs: 30_000 });
  const { authorization, "connect-protocol-version": version, "connect-timeout-ms": outer, ...shown } = call.headers;
  assert.deepEqual([authorization, version, outer], [undefined, undefined, undefined]);
  assert.equal(shown["x-mine"], "1");
  assert.equal(shown["content-type"], "application/grpc+proto");
  assert.equal(shown["grpc-timeout"], "30000m");
});

test("a call's deadline ends it, as the call's protocol says", async t => {
  const { console } = await start(t);
  await using call = await openCall(console, { ...sayHello, timeoutMs: 1 });
  const [head] = await call.rest();
  assert.equal(head?.case === "head" && fieldsOf(head.value.headers)["grpc-status"], "4");
});

for (const [how, leave] of [
  ["is canceled", (call: RelayedCall) => call.cancel()],
  ["loses its Open", (call: RelayedCall) => call[Symbol.asyncDispose]()],
] as const) {
  test(`a call that ${how} tells its handler, and its session is gone`, async t => {
    const { console, aborted } = await start(t);
    await using call = await openCall(console, chat);
    await call.send(hello("Ada"));
    await call.next();
    await leave(call);
    assert.equal(ConnectError.from(await aborted.promise).code, Code.Canceled);
    if (how === "is canceled") {
      const last = (await call.rest()).at(-1);
      assert.deepEqual(last?.case === "broken" && last.value.reason, "the caller canceled the call");
    }
    assert.equal(await codeOf(call.send(hello("Grace"))), "NotFound");
  });
}

test("a caller who does not read makes the handler wait, and loses nothing", async t => {
  const { console, aborted, streamed } = await start(t);
  await using call = await openCall(console, { path: "/greeter.Greeter/SayHelloStream" });
  await call.send(hello("Ada"), true);
  assert.equal((await call.next()).case, "head");
  let read = 0;
  while (read < 4 * 1024 * 1024) read += (await call.body()).length;
  // What the sockets and their streams hold on either side; a handler that never waits makes this in a moment.
  assert.ok(streamed() - read < 32 * 1024 * 1024, `${streamed()} of ${read} bytes`);
  await call.cancel();
  await aborted.promise;
});

test("a Send waits while the method does not read, and another one is refused meanwhile", async t => {
  const { console, begun, go } = await start(t);
  await using call = await openCall(console, { path: "/greeter.Greeter/SayHelloToMany" });
  const names = [..."abcdef"].map(letter => letter.repeat(60_000));
  await call.send(hello(names[0] ?? ""));
  await begun.promise;
  await call.send(hello(names[1] ?? ""));
  const waiting = call.send(hello(names[2] ?? ""));
  // Whichever of them comes second is refused, and neither is answered before the method reads.
  const other = call.send(hello(names[2] ?? ""));
  const first = await Promise.race([codeOf(waiting), codeOf(other)]);
  assert.equal(first, "Aborted");
  go.resolve();
  assert.deepEqual([await codeOf(waiting), await codeOf(other)].sort(), ["Aborted", "OK"]);
  await call.send(new Uint8Array(), true);
  const body = (await call.rest()).find(event => event.case === "body");
  assert.equal(body?.case === "body" && textOf(body.value), names.slice(0, 3).join());
});

test("what is sent after the end of a request is refused", async t => {
  const { console } = await start(t);
  await using call = await openCall(console, sayHello);
  await call.send(hello("Ada"), true);
  assert.equal(await codeOf(call.send(hello("Ada"))), "FailedPrecondition");
});

test("what is sent after the end of the reply is not read", async () => {
  const exchange = new RelayExchange({ path: "/", url: "http://a/", headers: {} }, () => ({}), assert.fail);
  const early = exchange.send(hello("Ada"), false);
  exchange.end(undefined);
  assert.deepEqual([await early, await exchange.send(hello("Ada"), false)], [false, false]);
});

test("a large message has to come in one piece", async t => {
  const { console } = await start(t);
  await using call = await openCall(console, sayHello);
  const bytes = hello("x".repeat(1024 * 1024 + 100));
  await call.send(bytes.subarray(0, 1024 * 1024));
  await call.send(bytes.subarray(1024 * 1024, -1));
  const [head] = await call.rest();
  const fields = head?.case === "head" ? fieldsOf(head.value.headers) : {};
  assert.deepEqual(
    [fields["grpc-status"], fields["grpc-message"]],
    ["8", "more than 1048576 bytes of an incomplete message"],
  );
});

test("a caller has sixteen calls at a time, and one more once one of them is over", async t => {
  const { console } = await start(t);
  const calls = await Promise.all(Array.from({ length: 16 }, () => openCall(console, chat)));
  assert.equal(await codeOf(openCall(console, chat)), "ResourceExhausted");
  const [first] = calls;
  await first?.cancel();
  await first?.rest();
  await using next = await openCall(console, chat);
  assert.equal(next.session.length, 32);
  for (const call of calls) await call[Symbol.asyncDispose]();
});

test("what leads to no call is refused", async t => {
  const { console } = await start(t);
  for (const [options, code] of [
    [{ path: "/greeter.Greeter/Nothing" }, "NotFound"],
    [{ ...chat, contentType: "application/json" }, "NotFound"],
    [{ ...chat, contentType: "text/plain" }, "NotFound"],
    [{ path: "greeter.Greeter" }, "InvalidArgument"],
    [{ path: "/concierge.console.v1.ConsoleService/Open" }, "InvalidArgument"],
  ] as const) {
    assert.equal(await codeOf(openCall(console, options)), code, JSON.stringify(options));
  }
  const send = console.send({ session: "A".repeat(32), body: new Uint8Array() });
  assert.equal(await codeOf(send), "NotFound");
});

test("in a drain a stream that follows ends with UNAVAILABLE, and a unary call is finished", async t => {
  const { console, host, begun, go } = await start(t);
  await using stream = await openCall(console, chat);
  await stream.send(hello("Ada"));
  await stream.next();
  await stream.next();
  await using unary = await openCall(console, sayHello);
  await unary.send(hello("Ada"), true);
  await begun.promise;
  const closed = host.close();
  const end = await endOf(stream);
  assert.equal(end && "grpc-status" in end && end["grpc-status"], "14");
  go.resolve();
  const [, body] = await unary.rest();
  assert.equal(body?.case === "body" && textOf(body.value), "Hello Ada");
  await closed;
});

test("no call is relayed past hooks that look at each call", async t => {
  const { console } = await start(t, {}, host => host.fastify.addHook("onRequest", async () => undefined));
  assert.equal(await codeOf(openCall(console, chat)), "Unimplemented");
});

for (const [what, options] of [
  ["console: off", { console: "off" }],
  ["reflection: off", { reflection: "off" }],
  ["lane: connect", { lane: "connect" }],
] as const) {
  test(`there is no relay with ${what}`, async t => {
    const { console } = await start(t, options);
    assert.equal(await codeOf(openCall(console, chat)), "Unimplemented");
  });
}
