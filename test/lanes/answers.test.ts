import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { after, before, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { json, post, serveAnswers } from "./answers.fixture.ts";
import type { TestServer } from "./listen.ts";
import { hello } from "./raw-http2.ts";

let server: TestServer;
before(async () => {
  server = await serveAnswers();
});
after(() => server[Symbol.asyncDispose]());

test("curl needs no more than JSON", async () => {
  const response = await post(server, "SayHello", '{"name":"Ada","unknown":1}');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { message: "Hello, Ada" });
});

test("a charset and upper case in the content type make no difference", async () => {
  for (const type of ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "APPLICATION/json"]) {
    assert.equal((await post(server, "SayHello", "{}", { "content-type": type })).status, 200, type);
  }
});

test("an empty Connect proto body is the empty message", async () => {
  const response = await post(server, "SayHello", "", { "content-type": "application/proto" });
  assert.equal(fromBinary(HelloReplySchema, await response.bytes()).message, "Hello, ");
});

test("a wrong method is 405 and names the right ones", async () => {
  for (const method of ["GET", "PUT", "HEAD", "DELETE"]) {
    const response = await fetch(`${server.url}/greeter.Greeter/SayHello`, { method });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get("allow"), "POST");
  }
});

test("an unknown content type is 415 and names the known ones", async () => {
  for (const type of [
    "text/plain",
    "application/grpc-web-text",
    "application/grpc+thrift",
    "application/connect+json",
    "nonsense",
  ]) {
    const response = await post(server, "SayHello", "{}", { "content-type": type });
    assert.equal(response.status, 415, type);
    assert.match(response.headers.get("accept-post") ?? "", /application\/grpc-web\+proto/);
    assert.doesNotMatch(response.headers.get("accept-post") ?? "", /connect\+/);
  }
});

test("bidi over HTTP/1.1 is 505 and closes the connection", async () => {
  const response = await post(server, "Chat", "", { "content-type": "application/connect+json" });
  assert.equal(response.status, 505);
  assert.equal(response.headers.get("connection"), "close");
});

test("a Connect error has its HTTP status, its code and its details", async () => {
  const response = await post(server, "SayHello", '{"name":"fail"}');
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("x-error"), "e");
  assert.deepEqual(await response.json(), {
    code: "not_found",
    message: "not here",
    details: [{ type: "greeter.HelloRequest", value: "CgZkZXRhaWw", debug: { name: "detail" } }],
  });
});

test("metadata keeps duplicates, cookies and binary values apart", async () => {
  const { headers } = await post(server, "SayHello", "{}", { ...json, "x-ask": "q" });
  assert.equal(headers.get("x-echo"), "q, q");
  assert.deepEqual(headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(headers.get("trailer-x-sum-bin"), "AAEC");
});

test("a Connect stream ends with its trailers and its error", async () => {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 15]), Buffer.from('{"name":"fail"}')]);
  const response = await post(server, "SayHelloStream", body, { "content-type": "application/connect+json" });
  assert.equal(response.status, 200);
  const bytes = Buffer.from(await response.arrayBuffer());
  const first = bytes.readUInt32BE(1);
  assert.equal(bytes[5 + first], 2);
  assert.deepEqual(JSON.parse(bytes.toString("utf8", 10 + first)), {
    error: { code: "data_loss", message: "midway" },
    metadata: { "x-last": ["1"] },
  });
});

test("grpc-web sends its trailers in the body", async () => {
  const response = await post(server, "SayHello", Buffer.from(hello("fail")), {
    "content-type": "application/grpc-web",
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(bytes[0], 0x80);
  assert.match(bytes.toString("latin1", 5), /grpc-status: 5\r\n/);
  assert.match(bytes.toString("latin1", 5), /grpc-message: not here\r\n/);
});

test("gRPC over HTTP/1.1 has chunked trailers", async () => {
  const request = http.request(`${server.url}/greeter.Greeter/SayHello`, {
    method: "POST",
    headers: { "content-type": "application/grpc", te: "trailers" },
  });
  request.end(hello("Ada"));
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const chunks: Buffer[] = await response.toArray();
  assert.equal(fromBinary(HelloReplySchema, Buffer.concat(chunks).subarray(5)).message, "Hello, Ada");
  assert.equal(response.trailers["grpc-status"], "0");
});
