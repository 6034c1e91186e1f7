import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { Greeter, type HelloReply, HelloReplySchema, HelloRequestSchema } from "../gen/greeter/greeter_pb.ts";
import { startServer, type TestServer, testLane } from "./support/server.ts";

type HelloInit = MessageInitShape<typeof HelloRequestSchema>;

function definitionOf(method: DescMethod): grpc.MethodDefinition<HelloInit, HelloReply> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: init => Buffer.from(toBinary(HelloRequestSchema, create(HelloRequestSchema, init))),
    requestDeserialize: bytes => fromBinary(HelloRequestSchema, bytes),
    responseSerialize: reply => Buffer.from(toBinary(HelloReplySchema, reply)),
    responseDeserialize: bytes => fromBinary(HelloReplySchema, bytes),
  };
}

const definitions = Object.fromEntries(Greeter.methods.map(method => [method.name, definitionOf(method)]));
const Client = grpc.makeClientConstructor(definitions, Greeter.typeName);

let server: TestServer;
let client: InstanceType<typeof Client>;
before(async () => {
  server = await startServer();
  client = new Client(`localhost:${server.port}`, grpc.credentials.createInsecure());
});
after(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

test("grpc-js makes a unary call", async () => {
  const reply = await new Promise<HelloReply>((resolve, reject) => {
    client.SayHello?.({ name: "Ada", age: 36 }, (error: Error | null, reply: HelloReply) =>
      error ? reject(error) : resolve(reply),
    );
  });
  assert.equal(reply.message, "Hello, Ada! You are 36 years old.");
});

test("grpc-js reads a server stream", async () => {
  const call = client.SayHelloStream?.({ name: "Ada" }) as grpc.ClientReadableStream<HelloReply>;
  const messages = await call.map(({ message }: HelloReply) => message).toArray();
  assert.deepEqual(
    messages,
    [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
  );
});

test("grpc-js sends a client stream", async () => {
  const { promise, resolve, reject } = Promise.withResolvers<HelloReply>();
  const call: grpc.ClientWritableStream<HelloInit> = client.SayHelloToMany?.(
    (error: Error | null, reply: HelloReply) => (error ? reject(error) : resolve(reply)),
  );
  for (const age of [28, 35, 22, 40]) call.write({ name: "x", age });
  call.end();
  assert.equal((await promise).message, "Hello to 4 people! Average age: 31.2");
});

test("grpc-js talks and listens at the same time", async () => {
  const call = client.Chat?.() as grpc.ClientDuplexStream<HelloInit, HelloReply>;
  for (const name of ["one", "two", "three"]) {
    call.write({ name });
    const [reply] = (await once(call, "data")) as [HelloReply];
    assert.match(reply.message, new RegExp(`^Echo #\\d: ${name}$`));
  }
  call.end();
  const [status] = (await once(call, "status")) as [grpc.StatusObject];
  assert.equal(status.code, grpc.status.OK);
});

test("grpc-js gets an error's code, text and metadata", async () => {
  const error = await new Promise<grpc.ServiceError>(resolve => {
    client.SayHello?.({ age: -1 }, (error: grpc.ServiceError) => resolve(error));
  });
  assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
  // The stock lane percent-encodes the comma, which the protocol leaves as it is, and grpc-js decodes none of the
  // characters that URIs reserve: https://github.com/grpc/grpc-node/pull/1195
  assert.equal(
    testLane === "connect" ? decodeURIComponent(error.details) : error.details,
    "age must be 0 or more, got -1",
  );
  assert.equal(error.metadata.get("x-request-id").length, 1);
});
