import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type * as net from "node:net";
import { test } from "node:test";
import { Code, ConnectError, createClient, createContextValues } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createWireLane } from "../../host/lanes/wire-lane.ts";
import { startServer, testLane } from "../support/server.ts";
import { listen } from "./listen.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

/** A greeter whose `seen` are the paths that came by the host's hooks. */
async function serve({
  shutdownSignal = new AbortController().signal,
  httpEngine,
}: {
  shutdownSignal?: AbortSignal;
  httpEngine?: "engine" | "node";
} = {}) {
  const seen: string[] = [];
  const ids: string[] = [];
  const lane = createWireLane();
  const server = await listen(
    app => {
      app.addHook("onRequest", async request => void seen.push(request.url));
      return lane(app, {
        routes: router => {
          router.service(DirectoryService, { getUser: ({ key }) => ({ id: String(key.value) }) });
          router.service(Greeter, {
            sayHello: ({ name }) => ({ message: name }),
            async *sayHelloStream({ name }) {
              yield* [{ message: name }, { message: name }];
            },
            async *chat(requests) {
              for await (const { name } of requests) yield { message: name };
            },
          });
        },
        interceptors: [],
        contextValues(source) {
          ids.push(source.id);
          return createContextValues();
        },
        maxMessageBytes: 1000,
        maxDeadlineMs: 1000,
        shutdownSignal,
        express: {
          requestId: headers => `express ${headers["x-request-id"]}`,
          readHeaders: { "x-read": "yes", vary: "Origin" },
        },
      });
    },
    { expressWay: lane.express, httpEngine },
  );
  return { server, seen, ids, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("gRPC over HTTP/2 is answered ahead of the host, unary and streaming", async () => {
  await using greeter = await serve();
  await using session = connect(greeter.server.url);
  for (const [method, messages] of [
    ["SayHello", 1],
    ["SayHelloStream", 2],
    ["Chat", 1],
  ] as const) {
    const stream = open(session, method, { "x-request-id": method });
    stream.end(hello("Ada"));
    const { headers, trailers, body } = await replyOf(stream);
    assert.equal(headers["content-type"], "application/grpc+proto");
    assert.equal(trailers["grpc-status"], "0", method);
    assert.equal(body.toString().split("Ada").length - 1, messages, method);
  }
  assert.deepEqual(greeter.seen, []);
  assert.deepEqual(greeter.ids, ["express SayHello", "express SayHelloStream", "express Chat"]);
});

test("gRPC-Web and Connect are answered ahead of the host, over both versions of HTTP", async () => {
  await using greeter = await serve();
  const { url } = greeter.server;
  const calls: string[] = [];
  for (const httpVersion of ["1.1", "2"] as const) {
    for (const [name, transport] of Object.entries({
      "grpc-web": createGrpcWebTransport({ baseUrl: url, httpVersion }),
      "connect proto": createConnectTransport({ baseUrl: url, httpVersion, useBinaryFormat: true }),
      "connect json": createConnectTransport({ baseUrl: url, httpVersion, useBinaryFormat: false }),
    })) {
      const client = createClient(Greeter, transport);
      const headers = { "x-request-id": `${name} ${httpVersion}` };
      assert.equal((await client.sayHello({ name }, { headers })).message, name);
      const replies = await Array.fromAsync(client.sayHelloStream({ name }, { headers }));
      assert.deepEqual(
        replies.map(({ message }) => message),
        [name, name],
      );
      calls.push(`express ${name} ${httpVersion}`, `express ${name} ${httpVersion}`);
    }
  }
  assert.deepEqual(greeter.seen, []);
  assert.deepEqual(greeter.ids, calls);
});

test("Connect's GET is answered ahead of the host, over both versions of HTTP and whatever serves them", async () => {
  for (const httpEngine of ["engine", "node"] as const) {
    await using greeter = await serve({ httpEngine });
    const target = `/${DirectoryService.typeName}/GetUser?connect=v1&encoding=json&message={"id":"7"}`;
    const reply = await fetch(greeter.server.url + target, { headers: { "x-request-id": "1.1" } });
    assert.deepEqual(await reply.json(), { id: "7" });
    await using session = connect(greeter.server.url);
    const { headers, body } = await replyOf(session.request({ ":path": target, "x-request-id": "2" }));
    assert.deepEqual([headers[":status"], JSON.parse(body.toString())], [200, { id: "7" }]);
    for (const read of [reply.headers.get("x-read"), headers["x-read"]]) assert.equal(read, "yes");
    for (const vary of [reply.headers.get("vary"), headers.vary]) assert.equal(vary, "Origin, accept-encoding");
    assert.deepEqual(greeter.seen, []);
    assert.deepEqual(greeter.ids, ["express 1.1", "express 2"]);
  }
});

test("bidi over HTTP/1.1 is the host's", async () => {
  await using greeter = await serve();
  const headers = { "content-type": "application/connect+json" };
  const response = await fetch(`${greeter.server.url}/greeter.Greeter/Chat`, { method: "POST", headers, body: "" });
  assert.equal(response.status, 505);
  assert.deepEqual(greeter.seen, ["/greeter.Greeter/Chat"]);
});

for (const [what, method, headers, status] of [
  ["a path that is no RPC", "Nothing", {}, 404],
  ["a path with a query", "SayHello?a=b", {}, 200],
  ["what a browser may have sent", "SayHello", { origin: "https://example.org" }, 200],
  ["what a browser tells of a request", "SayHello", { "sec-fetch-site": "cross-site" }, 200],
  ["another method", "SayHello", { ":method": "PUT" }, 405],
  ["another type", "SayHello", { "content-type": "application/grpc-what" }, 415],
  ["a stream's type at a unary call", "SayHello", { "content-type": "application/connect+proto" }, 415],
  ["a unary call's type at a stream", "Chat", { "content-type": "application/proto" }, 415],
] as const) {
  test(`${what} is the host's`, async () => {
    await using greeter = await serve();
    await using session = connect(greeter.server.url);
    const stream = open(session, method, headers);
    stream.end(hello("Ada"));
    const { headers: head, trailers } = await replyOf(stream);
    assert.equal(head[":status"], status);
    if (status === 200) assert.equal(trailers["grpc-status"], "0");
    assert.deepEqual(greeter.seen, [`/greeter.Greeter/${method}`]);
  });
}

for (const name of ["x-forwarded-for", "forwarded"]) {
  test(`a call with ${name} is any other call`, async () => {
    await using greeter = await serve();
    await using session = connect(greeter.server.url);
    const stream = open(session, "SayHello", { [name]: "192.0.2.1" });
    stream.end(hello("Ada"));
    assert.equal((await replyOf(stream)).trailers["grpc-status"], "0");
    assert.deepEqual(greeter.seen, []);
  });
}

test("a call that waits for it is told to continue, and one that expects something else fails", async () => {
  await using greeter = await serve();
  await using session = connect(greeter.server.url);
  const waiting = open(session, "SayHello", { expect: "100-continue" });
  waiting.once("continue", () => waiting.end(hello("Ada")));
  assert.equal((await replyOf(waiting)).trailers["grpc-status"], "0");
  const expecting = open(session, "SayHello", { expect: "a miracle" });
  expecting.end(hello("Ada"));
  assert.equal((await replyOf(expecting)).headers[":status"], 417);
  assert.deepEqual(greeter.seen, []);
});

test("of the calls that come while the server drains, those that end by themselves are served", async () => {
  const reason = new ConnectError("closing time", Code.Unavailable);
  await using greeter = await serve({ shutdownSignal: AbortSignal.abort(reason) });
  await using session = connect(greeter.server.url);
  const unary = await replyOf(open(session, "SayHello").end(hello("Ada")));
  assert.equal(unary.trailers["grpc-status"], "0");
  const { trailers } = await replyOf(open(session, "SayHelloStream").end(hello("Ada")));
  assert.equal(trailers["grpc-status"], String(Code.Unavailable));
  assert.equal(trailers["grpc-message"], "closing time");
});

test("a call is one line in the log, whether it came as far as the chain or was refused", async () => {
  await using server = await startServer();
  await using session = connect(server.baseUrl);
  for (const [id, headers] of [
    ["served", {}],
    ["refused", { "grpc-timeout": "soon" }],
    ["refused-by-status", { "content-type": "application/proto", "connect-timeout-ms": "soon" }],
  ] as const) {
    const stream = open(session, "SayHello", { ...headers, "x-request-id": id });
    stream.end(hello("Ada"));
    await replyOf(stream);
    await server.line(line => line.requestId === id);
  }
  // Past the next call's line, so a second one of the same request would be there.
  const last = open(session, "SayHello", { "x-request-id": "last" });
  last.end(hello("Ada"));
  await replyOf(last);
  await server.line(line => line.requestId === "last");
  const lines = server.lines.map(({ time, level, ms, peer, protocol, method, ...rest }) => rest);
  const path = "/greeter.Greeter/SayHello";
  // The stock lane refuses it before there is a call to tell of.
  const refused = (status: number) =>
    testLane === "wire" ? { msg: "call", code: "INVALID_ARGUMENT" } : { msg: "request", status, path };
  assert.deepEqual(lines, [
    { requestId: "served", msg: "call", http: "2.0", code: "OK" },
    { requestId: "refused", http: "2.0", ...refused(200) },
    { requestId: "refused-by-status", http: "2.0", ...refused(400) },
    { requestId: "last", msg: "call", http: "2.0", code: "OK" },
  ]);
  const [call, request] = server.lines;
  assert.equal(request?.peer, call?.peer, testLane);
});

for (const version of ["1.1", "2.0"]) {
  test(`a call whose client left before its message was there is logged as that, over HTTP/${version}`, async () => {
    await using server = await startServer();
    const cut = { "x-request-id": "cut", "content-type": "application/proto" };
    if (version === "2.0") {
      await using session = connect(server.baseUrl);
      const stream = open(session, "SayHello", cut);
      stream.write("half");
      // It is served by the time another call is answered that was opened after it.
      await replyOf(open(session, "SayHello").end(hello("Ada")));
      stream.destroy();
    } else {
      const call = http.request(`${server.baseUrl}/greeter.Greeter/SayHello`, { method: "POST", headers: cut });
      call.on("error", () => {});
      call.write("half");
      const [socket] = (await once(call, "socket")) as [net.Socket];
      if (socket.connecting) await once(socket, "connect");
      await (await fetch(`${server.baseUrl}/livez`)).text();
      call.destroy();
    }
    const { msg, http: seen, code, status } = await server.line(({ requestId }) => requestId === "cut");
    const left = version === "2.0" ? "CANCELED" : "ABORTED";
    const expected =
      testLane === "wire" ? ["call", version, left, undefined] : ["request", version, undefined, undefined];
    assert.deepEqual([msg, seen, code, status], expected);
  });
}
