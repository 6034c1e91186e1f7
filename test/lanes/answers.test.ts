import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { serveGreeter } from "./greeter-server.ts";
import type { TestServer } from "./listen.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

let server: TestServer;
before(async () => {
  server = await serveGreeter({
    sayHello({ name }, { requestHeader, responseHeader, responseTrailer }) {
      if (name === "fail") {
        const metadata = { "x-error": "e" };
        throw new ConnectError("not here", Code.NotFound, metadata, [
          { desc: HelloRequestSchema, value: { name: "detail" } },
        ]);
      }
      for (const value of ["1", "2"]) responseHeader.append("x-echo", requestHeader.get("x-ask") ?? value);
      for (const cookie of ["a=1", "b=2"]) responseHeader.append("set-cookie", cookie);
      responseTrailer.set("x-sum-bin", "AAEC");
      return { message: `Hello, ${name}` };
    },
    async *sayHelloStream({ name }, { responseTrailer }) {
      yield { message: name };
      responseTrailer.set("x-last", "1");
      if (name === "fail") throw new ConnectError("midway", Code.DataLoss);
    },
    async *chat(requests) {
      for await (const { name } of requests) yield { message: name };
    },
  });
});
after(() => server[Symbol.asyncDispose]());

const json = { "content-type": "application/json" };

async function post(
  path: string,
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = json,
  init: RequestInit = {},
) {
  return fetch(`${server.url}/greeter.Greeter/${path}`, { method: "POST", body, headers, ...init });
}

test("curl needs no more than JSON", async () => {
  const response = await post("SayHello", '{"name":"Ada","unknown":1}');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { message: "Hello, Ada" });
});

test("a charset and upper case in the content type make no difference", async () => {
  for (const type of ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "APPLICATION/json"]) {
    assert.equal((await post("SayHello", "{}", { "content-type": type })).status, 200, type);
  }
});

test("an empty Connect proto body is the empty message", async () => {
  const response = await post("SayHello", "", { "content-type": "application/proto" });
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
    const response = await post("SayHello", "{}", { "content-type": type });
    assert.equal(response.status, 415, type);
    assert.match(response.headers.get("accept-post") ?? "", /application\/grpc-web\+proto/);
    assert.doesNotMatch(response.headers.get("accept-post") ?? "", /connect\+/);
  }
});

test("bidi over HTTP/1.1 is 505 and closes the connection", async () => {
  const response = await post("Chat", "", { "content-type": "application/connect+json" });
  assert.equal(response.status, 505);
  assert.equal(response.headers.get("connection"), "close");
});

test("a Connect error has its HTTP status, its code and its details", async () => {
  const response = await post("SayHello", '{"name":"fail"}');
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("x-error"), "e");
  assert.deepEqual(await response.json(), {
    code: "not_found",
    message: "not here",
    details: [{ type: "greeter.HelloRequest", value: "CgZkZXRhaWw", debug: { name: "detail" } }],
  });
});

test("metadata keeps duplicates, cookies and binary values apart", async () => {
  const { headers } = await post("SayHello", "{}", { ...json, "x-ask": "q" });
  assert.equal(headers.get("x-echo"), "q, q");
  assert.deepEqual(headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(headers.get("trailer-x-sum-bin"), "AAEC");
});

test("a Connect stream ends with its trailers and its error", async () => {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 15]), Buffer.from('{"name":"fail"}')]);
  const response = await post("SayHelloStream", body, { "content-type": "application/connect+json" });
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
  const response = await post("SayHello", Buffer.from(hello("fail")), { "content-type": "application/grpc-web" });
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

test("no message, two messages, and half a message are told apart", async () => {
  await using session = connect(server.url);
  const cases = [
    [Buffer.alloc(0), Code.Unimplemented],
    [Buffer.concat([hello("a"), hello("b")]), Code.Unimplemented],
    [hello("a").subarray(0, 7), Code.InvalidArgument],
    [hello("a").subarray(0, 3), Code.InvalidArgument],
    [hello("a", 1), Code.Internal],
  ] as const;
  for (const method of ["SayHello", "SayHelloStream"]) {
    for (const [body, code] of cases) {
      const stream = open(session, method);
      stream.end(body);
      assert.equal((await replyOf(stream)).trailers["grpc-status"], String(code), `${method} ${code}`);
    }
  }
});

test("a message that arrives a byte at a time is the same message", async () => {
  await using session = connect(server.url);
  const stream = open(session, "Chat");
  for (const byte of Buffer.concat([hello("one"), hello("two")])) stream.write(Buffer.from([byte]));
  stream.end();
  const { body, trailers } = await replyOf(stream);
  assert.match(body.toString("latin1"), /one.*two/s);
  assert.equal(trailers["grpc-status"], "0");
});

test("compression is negotiated, and refused with what is known", async () => {
  const name = "x".repeat(2000);
  const gzip = { ...json, "content-encoding": "gzip", "accept-encoding": "identity;q=0, zstd, gzip" };
  const response = await post("SayHello", gzipSync(JSON.stringify({ name })), gzip);
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.equal(((await response.json()) as { message: string }).message, `Hello, ${name}`);

  for (const coding of ["x-gzip", "GZIP"]) {
    const named = { ...json, "content-encoding": coding };
    assert.equal((await post("SayHello", gzipSync(JSON.stringify({ name })), named)).status, 200, coding);
  }

  const unknown = await post("SayHello", "{}", { ...json, "content-encoding": "zstd" });
  assert.equal(unknown.status, 501);
  assert.equal(unknown.headers.get("accept-encoding"), "gzip,br");

  const corrupt = await post("SayHello", "{}", { ...json, "content-encoding": "gzip" });
  assert.equal(corrupt.status, 400);

  await using session = connect(server.url);
  const stream = open(session, "SayHello", { "grpc-encoding": "gzip" });
  const compressed = gzipSync(toBinary(HelloRequestSchema, create(HelloRequestSchema, { name })));
  const prefix = Buffer.from([1, 0, 0, 0, compressed.length]);
  stream.end(Buffer.concat([prefix, compressed]));
  const { body, headers } = await replyOf(stream);
  // None stated: the reply mirrors the request.
  assert.equal(headers["grpc-encoding"], "gzip");
  assert.equal(fromBinary(HelloReplySchema, gunzipSync(body.subarray(5))).message, `Hello, ${name}`);
});

test("a small body that inflates past the limit is refused", async () => {
  await using small = await serveGreeter({ sayHello: () => ({}) }, { maxMessageBytes: 1_000_000 });
  const body = gzipSync(JSON.stringify({ name: "x".repeat(2_000_000) }));
  const headers = { ...json, "content-encoding": "gzip" };
  const response = await fetch(`${small.url}/greeter.Greeter/SayHello`, { method: "POST", body, headers });
  assert.equal(response.status, 429);
});

test("a deadline above the maximum is cut to it, and the service is told the one that holds", async () => {
  const told: (number | undefined)[] = [];
  await using capped = await serveGreeter(
    {
      sayHello(_, context) {
        told.push(context.timeoutMs());
        return {};
      },
    },
    { maxDeadlineMs: 60_000 },
  );
  const timeout = { ...json, "connect-timeout-ms": "61000" };
  const response = await fetch(`${capped.url}/greeter.Greeter/SayHello`, {
    method: "POST",
    body: "{}",
    headers: timeout,
  });
  assert.equal(response.status, 200);
  assert.ok((told[0] ?? Number.POSITIVE_INFINITY) <= 60_000, String(told[0]));
});

test("malformed deadlines are INVALID_ARGUMENT in the reply's own form", async () => {
  for (const value of ["x", "-1", "12345678901"]) {
    const response = await post("SayHello", "{}", { ...json, "connect-timeout-ms": value });
    assert.equal(response.status, 400, value);
  }
  await using session = connect(server.url);
  for (const method of ["SayHello", "SayHelloStream"]) {
    for (const value of ["1", "1D", "123456789S"]) {
      const stream = open(session, method, { "grpc-timeout": value });
      stream.end(hello("a"));
      const { headers, trailers } = await replyOf(stream);
      assert.equal(headers[":status"], 200);
      assert.equal(trailers["grpc-status"], String(Code.InvalidArgument), value);
    }
  }
});
