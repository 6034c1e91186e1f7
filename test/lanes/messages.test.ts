import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { json, post, serveAnswers } from "./answers.fixture.ts";
import { serveGreeter } from "./greeter-server.ts";
import type { TestServer } from "./listen.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

let server: TestServer;
before(async () => {
  server = await serveAnswers();
});
after(() => server[Symbol.asyncDispose]());

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
  const response = await post(server, "SayHello", gzipSync(JSON.stringify({ name })), gzip);
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.equal(((await response.json()) as { message: string }).message, `Hello, ${name}`);

  for (const coding of ["x-gzip", "GZIP"]) {
    const named = { ...json, "content-encoding": coding };
    assert.equal((await post(server, "SayHello", gzipSync(JSON.stringify({ name })), named)).status, 200, coding);
  }

  const unknown = await post(server, "SayHello", "{}", { ...json, "content-encoding": "zstd" });
  assert.equal(unknown.status, 501);
  assert.equal(unknown.headers.get("accept-encoding"), "gzip,br");

  const corrupt = await post(server, "SayHello", "{}", { ...json, "content-encoding": "gzip" });
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
