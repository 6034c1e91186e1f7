import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import * as net from "node:net";
import { after, before, test } from "node:test";
import { openHttp2 } from "./support/open-http2.ts";
import { startServer, type TestServer } from "./support/server.ts";

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

const json = { "content-type": "application/json" };

test("fetch over HTTP/1.1 calls a method with JSON", async () => {
  const response = await fetch(`${server.baseUrl}/greeter.Greeter/SayHello`, {
    method: "POST",
    headers: { ...json, "x-request-id": "my-call-1" },
    body: '{"name":"Ada","age":36}',
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("x-request-id"), "my-call-1");
  assert.equal(((await response.json()) as { message: string }).message, "Hello, Ada! You are 36 years old.");
});

test("HTTP/2 with prior knowledge calls a method with JSON", async () => {
  const session = openHttp2(server.baseUrl);
  const stream = session.request({ ":method": "POST", ":path": "/Greeter/SayHello", ...json });
  stream.end('{"name":"World"}');
  const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  assert.equal(headers[":status"], 200);
  assert.deepEqual(JSON.parse((await stream.toArray()).join("")), { message: "Hello, World" });
  session.close();
});

test("a gRPC call over HTTP/1.1 is answered with chunked trailers", async () => {
  const request = http.request({
    host: "127.0.0.1",
    port: server.port,
    path: "/Greeter/SayHello",
    method: "POST",
    headers: { "content-type": "application/grpc", te: "trailers" },
  });
  request.end(Buffer.from([0, 0, 0, 0, 5, 10, 3, 65, 100, 97]));
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  assert.equal(body.subarray(7).toString(), "Hello, Ada");
  assert.equal(response.trailers["grpc-status"], "0");
});

test("an unfit request id is replaced by a UUID", async () => {
  const response = await fetch(`${server.baseUrl}/Greeter/SayHello`, {
    method: "POST",
    headers: { ...json, "x-request-id": 'a "quoted" id' },
    body: "{}",
  });
  assert.match(response.headers.get("x-request-id") ?? "", /^[\da-f]{8}-[\da-f-]{27}$/);
});

test("malformed JSON is an invalid_argument in Connect's error form", async () => {
  const response = await fetch(`${server.baseUrl}/Greeter/SayHello`, { method: "POST", headers: json, body: "{" });
  assert.equal(response.status, 400);
  assert.equal(((await response.json()) as { code: string }).code, "invalid_argument");
});

test("a message above the limit is resource_exhausted", async () => {
  await using small = await startServer({ MAX_MESSAGE_BYTES: "100" });
  const response = await fetch(`${small.baseUrl}/Greeter/SayHello`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ name: "x".repeat(100) }),
  });
  assert.equal(response.status, 429);
  assert.equal(((await response.json()) as { code: string }).code, "resource_exhausted");
});

test("a method of a known service answers 405 to GET and 415 to a content type that is no RPC's", async () => {
  const url = `${server.baseUrl}/greeter.Greeter/SayHello`;
  assert.equal((await fetch(url)).status, 405);
  const response = await fetch(url, { method: "POST", headers: { "content-type": "text/plain" }, body: "hello" });
  assert.equal(response.status, 415);
});

test("a bidirectional method answers 505 over HTTP/1.1", async () => {
  const headers = { "content-type": "application/connect+json" };
  const response = await fetch(`${server.baseUrl}/greeter.Greeter/Chat`, { method: "POST", headers, body: "" });
  assert.equal(response.status, 505);
});

test("an unknown path is a 404 that names it, whatever the content type", async () => {
  for (const type of ["application/json", "application/proto", "application/octet-stream"]) {
    const init = { method: "POST", headers: { "content-type": type }, body: "{}" };
    const response = await fetch(`${server.baseUrl}/greeter.Greeter/Wave?x=1`, init);
    assert.equal(response.status, 404, type);
    assert.deepEqual(await response.json(), {
      code: "unimplemented",
      message: "POST /greeter.Greeter/Wave is not served here",
    });
  }
});

test("an unknown method is UNIMPLEMENTED to gRPC", async () => {
  const session = openHttp2(server.baseUrl);
  const stream = session.request({ ":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc" });
  stream.end(Buffer.alloc(5));
  const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  assert.equal(headers[":status"], 200);
  assert.equal(headers["content-type"], "application/grpc");
  assert.equal(headers["grpc-status"], "12");
  assert.equal(headers["grpc-message"], "/a.B/C is not served here");
  session.close();
});

test("a request with two Host lines is refused, whatever it asks for", async () => {
  for (const line of ["POST /greeter.Greeter/SayHello", "GET /livez", "GET /v1/users/1", "GET /none"]) {
    const socket = net.connect(server.port, "127.0.0.1").setEncoding("utf8");
    const body = line.startsWith("POST") ? "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}" : "\r\n";
    socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n${body}`);
    const reply = (await socket.toArray()).join("");
    assert.match(reply, /^HTTP\/1\.1 400 /, line);
    assert.match(reply, /"a request must have one Host line"/, line);
  }
});
