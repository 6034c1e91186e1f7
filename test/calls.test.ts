import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { type LogLine, startServer, type TestServer, testLane } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

/** Longer than any test runs: a stream that waits for its next reply waits for good. */
const never = "3600000";

function endOf(server: TestServer, requestId: string): Promise<LogLine> {
  return server.line(line => line.requestId === requestId);
}

test("each call is logged in one line with request id, protocol, HTTP version, method, code, duration and peer", async () => {
  await using server = await startServer();
  const expected: LogLine[] = [];
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const requestId = form.replaceAll(/[^\w.]/g, "");
    const client = createClient(Greeter, transport);
    await client.sayHello({ name: "Ada" }, { headers: { "x-request-id": requestId } });
    const protocol = form.split(" ", 1)[0]?.toLowerCase();
    const http = form.endsWith("/2") ? "2.0" : "1.1";
    expected.push({
      level: 30,
      requestId,
      protocol,
      http,
      method: "greeter.Greeter/SayHello",
      code: "OK",
      msg: "call",
    });
  }
  for (const line of expected) await endOf(server, String(line.requestId));
  assert.deepEqual(
    server.lines.map(({ time, ms, peer, ...rest }) => rest),
    expected,
  );
  for (const { ms, peer } of server.lines) {
    assert.equal(typeof ms, "number");
    assert.match(String(peer), /^127\.0\.0\.1:\d+$/);
  }
});

test("a failed call is logged with its code, on a level that says whose fault it was", async () => {
  await using server = await startServer();
  const client = createClient(Greeter, createGrpcTransport({ baseUrl: server.baseUrl }));
  await assert.rejects(client.sayHello({ age: -1 }, { headers: { "x-request-id": "bad-age" } }));
  const { code, level } = await endOf(server, "bad-age");
  assert.deepEqual([code, level], ["INVALID_ARGUMENT", 30]);
});

test("a call with a malformed message is logged in one line as any other, and so is a request that is no call", async () => {
  await using server = await startServer();
  const malformed = { method: "POST", headers: { "content-type": "application/json" }, body: "{" };
  await fetch(`${server.baseUrl}/greeter.Greeter/SayHello?token=secret`, malformed);
  const { time, ms, peer, requestId, ...rest } = await server.line(({ msg }) => msg === "call" || msg === "request");
  assert.deepEqual(
    rest,
    testLane === "wire"
      ? {
          level: 30,
          protocol: "connect",
          http: "1.1",
          method: "greeter.Greeter/SayHello",
          code: "INVALID_ARGUMENT",
          msg: "call",
        }
      : // The stock lane refuses it before there is a call to tell of.
        { level: 30, http: "1.1", method: "POST", path: "/greeter.Greeter/SayHello", status: 400, msg: "request" },
  );
  assert.match(String(peer), /^127\.0\.0\.1:\d+$/);
  await fetch(`${server.baseUrl}/nowhere`);
  assert.equal((await server.line(line => line.path === "/nowhere")).status, 404);
  assert.equal(server.lines.length, 2);
});

test("a stream stops at once when its client leaves, on every protocol and HTTP version", async () => {
  await using server = await startServer({ GREETER_STREAM_INTERVAL_MS: never });
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const requestId = form.replaceAll(/[^\w.]/g, "");
    const leave = new AbortController();
    const replies = createClient(Greeter, transport).sayHelloStream(
      { name: "Ada" },
      { signal: leave.signal, headers: { "x-request-id": requestId } },
    );
    await assert.rejects(
      async () => {
        for await (const _ of replies) leave.abort();
      },
      error => ConnectError.from(error).code === Code.Canceled,
      form,
    );
    const { code } = await endOf(server, requestId);
    assert.match(String(code), form.endsWith("/2") ? /^CANCELED$/ : /^(CANCELED|ABORTED)$/, form);
  }
});

test("a stream stops at its deadline, on every protocol and HTTP version", async () => {
  await using server = await startServer({ GREETER_STREAM_INTERVAL_MS: never });
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const messages: string[] = [];
    let requestId = "";
    // As long as it takes for one to get as far as the server.
    for (let timeoutMs = 50; messages.length === 0; timeoutMs *= 2) {
      requestId = `${form.replaceAll(/[^\w.]/g, "")}-${timeoutMs}`;
      const options = { timeoutMs, headers: { "x-request-id": requestId } };
      const replies = createClient(Greeter, transport).sayHelloStream({ name: "Ada" }, options);
      await assert.rejects(
        async () => {
          for await (const { message } of replies) messages.push(message);
        },
        error => ConnectError.from(error).code === Code.DeadlineExceeded,
        form,
      );
    }
    assert.deepEqual(messages, ["Hello Ada! This is message #1"]);
    // The client may give up a moment before the server's own timer.
    assert.match(String((await endOf(server, requestId)).code), /^(DEADLINE_EXCEEDED|CANCELED|ABORTED)$/, form);
  }
});
