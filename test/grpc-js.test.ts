import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import type { HelloReply } from "../gen/greeter/greeter_pb.ts";
import { createGreeterGrpc, type GreeterGrpc } from "./support/greeter-grpc.ts";
import { startServer, type TestServer, testLane } from "./support/server.ts";

let server: TestServer;
let client: GreeterGrpc;
before(async () => {
  server = await startServer();
  client = createGreeterGrpc(`localhost:${server.port}`);
});
after(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

test("grpc-js makes a unary call", async () => {
  const reply = await client.sayHello({ name: "Ada", age: 36 });
  assert.equal(reply.message, "Hello, Ada! You are 36 years old.");
});

test("grpc-js reads a server stream", async () => {
  const replies: HelloReply[] = await client.sayHelloStream({ name: "Ada" }).toArray();
  const messages = replies.map(({ message }) => message);
  assert.deepEqual(
    messages,
    [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
  );
});

test("grpc-js sends a client stream", async () => {
  const { message } = await client.sayHelloToMany([28, 35, 22, 40].map(age => ({ name: "x", age })));
  assert.equal(message, "Hello to 4 people! Average age: 31.2");
});

test("grpc-js talks and listens at the same time", async () => {
  const call = client.chat();
  for (const name of ["one", "two", "three"]) {
    call.write({ name });
    const [reply] = (await once(call, "data")) as [HelloReply];
    assert.match(reply.message, new RegExp(`^Echo #\\d: ${name}$`));
  }
  call.end();
  const [status] = (await once(call, "status")) as [grpc.StatusObject];
  assert.equal(status.code, grpc.status.OK);
});

test("grpc-js gets an error's code and text, and the request's id", async () => {
  const ids: grpc.MetadataValue[] = [];
  const onHeaders = (headers: grpc.Metadata) => ids.push(...headers.get("x-request-id"));
  const error: grpc.ServiceError = await client.sayHello({ age: -1 }, onHeaders).then(
    () => assert.fail(),
    error => error,
  );
  assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
  // The stock lane percent-encodes the comma, which the protocol leaves as it is, and grpc-js decodes none of the
  // characters that URIs reserve: https://github.com/grpc/grpc-node/pull/1195
  assert.equal(
    testLane === "connect" ? decodeURIComponent(error.details) : error.details,
    "age must be 0 or more, got -1",
  );
  // Where an answer is a block of headers alone, grpc-js takes it for trailers, which are all that an error shows.
  ids.push(...error.metadata.get("x-request-id"));
  assert.equal(ids.length, 1);
  assert.equal(error.metadata.get("x-request-id").length, testLane === "connect" ? 0 : 1);
});
