import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { HttpVersion, LogLevel, Party } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { isCode, startHost } from "./admin.fixture.ts";

const name = "greeter.Greeter";

type Server = Awaited<ReturnType<typeof startHost>>;

/** The one call of a method, as soon as it has come as far as `matches` says. */
async function callOf({ admin }: Server, method: string, matches = (_: { messagesSent: bigint }) => true) {
  for (;;) {
    const { calls } = await admin.listCalls({});
    const found = calls.find(call => call.method === method && matches(call));
    if (found) return found;
  }
}

test("a unary call that runs is listed, and ends when it is canceled", async () => {
  await using server = await startHost();
  const waiting = server.greeter.sayHello({ name: "wait" }, { headers: { "x-request-id": "the-one" } });
  const ended = assert.rejects(waiting, isCode(Code.Canceled, /canceled by an administrator/));
  const call = await callOf(server, `${name}/SayHello`);
  assert.match(call.peer, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(
    [call.protocol, call.caller, call.requestId, call.messagesReceived, call.messagesSent, call.waitsFor],
    ["grpc", "network 127.0.0.1", "the-one", 1n, 0n, Party.HANDLER],
  );
  await server.admin.cancelCall({ id: call.id });
  await ended;
  assert.equal(ConnectError.from(server.aborts[0]).code, Code.Canceled);
  const told = server.lines.find(({ msg }) => msg === "an administrator canceled a call");
  assert.deepEqual([told?.requestId, told?.method, told?.by], ["the-one", `${name}/SayHello`, "network 127.0.0.1"]);
  const line = server.lines.find(({ requestId, msg }) => requestId === "the-one" && msg === "call");
  assert.equal(line?.code, "CANCELED");
  await assert.rejects(server.admin.cancelCall({ id: call.id }), isCode(Code.NotFound, /no call ".*" runs here/));
});

test("a stream of replies is canceled, in each protocol", async () => {
  await using server = await startHost();
  for (const create of [createGrpcTransport, createGrpcWebTransport]) {
    const client = createClient(Greeter, create({ baseUrl: server.baseUrl, httpVersion: "2" } as never));
    const stream = client.sayHelloStream({ name: "Ada" })[Symbol.asyncIterator]();
    assert.equal((await stream.next()).value?.message, "Ada");
    const call = await callOf(server, `${name}/SayHelloStream`, ({ messagesSent }) => messagesSent === 1n);
    assert.deepEqual([call.messagesReceived, call.waitsFor], [1n, Party.HANDLER]);
    await server.admin.cancelCall({ id: call.id });
    await assert.rejects(stream.next(), isCode(Code.Canceled, /canceled by an administrator/));
  }
});

test("a call in both directions waits for its client, and is canceled", async () => {
  await using server = await startHost();
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  async function* requests() {
    yield { name: "one" };
    yield { name: "two" };
    await over;
  }
  const replies = server.greeter.chat(requests())[Symbol.asyncIterator]();
  await replies.next();
  await replies.next();
  const call = await callOf(server, `${name}/Chat`);
  assert.deepEqual([call.messagesReceived, call.messagesSent, call.waitsFor], [2n, 2n, Party.CLIENT]);
  await server.admin.cancelCall({ id: call.id });
  await assert.rejects(replies.next(), isCode(Code.Canceled));
  finish();
});

test("a call whose body does not come waits for its client, over plain HTTP/1.1 as well", async () => {
  await using server = await startHost();
  const { hostname, port } = new URL(server.baseUrl);
  const socket = connectSocket(Number(port), hostname);
  socket.write(
    `POST /${name}/SayHello HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  );
  const call = await callOf(server, `${name}/SayHello`);
  assert.deepEqual([call.protocol, call.waitsFor, call.messagesReceived], ["connect", Party.CLIENT, 0n]);
  const { connections, total } = await server.admin.listConnections({});
  const own = connections.find(({ peer }) => peer === call.peer);
  assert.deepEqual([total, own?.httpVersion, own?.tls, own?.idle], [2, HttpVersion.HTTP_VERSION_1_1, false, undefined]);
  assert.equal(connections.find(({ httpVersion }) => httpVersion === HttpVersion.HTTP_VERSION_2)?.openStreams, 1);
  await server.admin.cancelCall({ id: call.id });
  const [data] = await once(socket, "data");
  assert.match(String(data), /^HTTP\/1\.1 499 [\s\S]*canceled by an administrator/);
  socket.destroy();
});

test("the oldest calls are listed, as many as were asked for", async () => {
  await using server = await startHost();
  const stop = new AbortController();
  const first = server.greeter.sayHelloStream({ name: "1" }, { signal: stop.signal })[Symbol.asyncIterator]();
  await first.next();
  const second = server.greeter.sayHelloStream({ name: "2" }, { signal: stop.signal })[Symbol.asyncIterator]();
  await second.next();
  const { calls, total } = await server.admin.listCalls({ limit: 1 });
  assert.deepEqual([calls.length, total], [1, 3]);
  const all = await server.admin.listCalls({});
  assert.equal(calls[0]?.id, all.calls[0]?.id);
  assert.equal(new Set(all.calls.map(({ id }) => id)).size, 3);
  for (const limit of [-1, 1001]) {
    await assert.rejects(server.admin.listCalls({ limit }), isCode(Code.InvalidArgument, /limit/));
  }
  stop.abort();
  await assert.rejects(first.next());
});

for (const lane of ["wire", "connect"] as const) {
  test(`the counters are those of the calls that were made, on the ${lane} lane`, async () => {
    await using server = await startHost({ lane });
    for (const each of ["Ada", "Bob", "Eve"]) await server.greeter.sayHello({ name: each });
    const stop = new AbortController();
    const leave = new AbortController();
    const left = assert.rejects(server.greeter.sayHello({ name: "wait" }, { signal: leave.signal }));
    const stream = server.greeter.sayHelloStream({ name: "Ada" }, { signal: stop.signal })[Symbol.asyncIterator]();
    await stream.next();
    for await (const { methods, eventLoop, memory, connections, process } of server.admin.watchCounters({
      intervalMs: 250,
    })) {
      const unary = methods.find(({ method }) => method === `${name}/SayHello`);
      if (unary?.inFlight === 1n) leave.abort();
      if (unary?.started !== 4n || unary.inFlight !== 0n) continue;
      assert.deepEqual(
        unary.handled.map(({ code, count }) => [code, count]),
        [
          [0, 3n],
          [Code.Canceled, 1n],
        ],
      );
      assert.deepEqual([unary.messagesReceived, unary.messagesSent], [4n, 3n]);
      assert.equal(unary.durations?.counts.length, (unary.durations?.bounds.length ?? 0) + 1);
      assert.equal(
        unary.durations?.counts.reduce((sum, count) => sum + count, 0n),
        4n,
      );
      const streams = methods.find(({ method }) => method === `${name}/SayHelloStream`);
      assert.deepEqual([streams?.kind, streams?.inFlight, streams?.messagesSent], ["server_streaming", 1n, 1n]);
      assert.equal(methods.find(({ method }) => method === `${name}/Chat`)?.started, 0n);
      assert.equal(connections?.http2, 1);
      assert.ok(memory && memory.heapUsed > 0n && memory.heapUsed <= memory.heapTotal);
      assert.ok(eventLoop?.lagMax && eventLoop.utilization >= 0 && eventLoop.utilization <= 1);
      assert.equal(process?.pid, globalThis.process.pid);
      break;
    }
    await left;
    stop.abort();
    await assert.rejects(stream.next());
  });

  test(`a watch of the counters ends as the server drains, on the ${lane} lane`, async () => {
    await using server = await startHost({ lane });
    const watch = server.admin.watchCounters({})[Symbol.asyncIterator]();
    await watch.next();
    const ended = assert.rejects(async () => {
      while (!(await watch.next()).done);
    }, isCode(Code.Unavailable));
    await server.host.close();
    await ended;
  });
}

test("the log level is set, by a name that is known, and the log says so", async () => {
  await using server = await startHost();
  const { previous } = await server.admin.setLogLevel({ level: LogLevel.SILENT });
  assert.equal(previous, LogLevel.INFO);
  assert.equal(server.lines.at(-1)?.msg, "an administrator set the log level");
  const { length } = server.lines;
  await server.greeter.sayHello({ name: "unheard" });
  assert.equal(server.lines.length, length);
  await server.admin.setLogLevel({ level: LogLevel.DEBUG });
  assert.equal((await server.admin.getLogLevel({})).level, LogLevel.DEBUG);
  for (const level of [LogLevel.UNSPECIFIED, 99 as LogLevel]) {
    await assert.rejects(server.admin.setLogLevel({ level }), isCode(Code.InvalidArgument, /level/));
  }
});

test("what a host cannot tell, it says why", async () => {
  await using stock = await startHost({ lane: "connect", metrics: "off" });
  await assert.rejects(stock.admin.listCalls({}), isCode(Code.Unimplemented, /LANE=wire/));
  await assert.rejects(stock.admin.cancelCall({ id: "1" }), isCode(Code.Unimplemented, /LANE=wire/));
  const watch = stock.admin.watchCounters({})[Symbol.asyncIterator]();
  await assert.rejects(watch.next(), isCode(Code.Unimplemented, /METRICS/));
  await using none = await startHost({ admin: "off" });
  await assert.rejects(none.admin.getLogLevel({}), isCode(Code.Unimplemented));
  await assert.rejects(startHost({ admin: "admin" }), /admin: admin goes with auth/);
  for (const intervalMs of [249, 60_001]) {
    await using server = await startHost();
    const refused = server.admin.watchCounters({ intervalMs })[Symbol.asyncIterator]();
    await assert.rejects(refused.next(), isCode(Code.InvalidArgument, /interval_ms/));
  }
});
