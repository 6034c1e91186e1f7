import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1alpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { mounted } from "./support/mounted.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

const listServices = { messageRequest: { case: "listServices", value: "" } } as const;

async function* one<T>(item: T) {
  yield item;
}

for (const service of [ServerReflection, ServerReflectionV1alpha]) {
  test(`${service.typeName} answers on every protocol over HTTP/2`, async () => {
    for (const [form, transport] of transportsTo(server.baseUrl)) {
      if (form.endsWith("/1.1")) continue;
      const replies = createClient(service, transport).serverReflectionInfo(one(listServices));
      for await (const { messageResponse } of replies) {
        assert.equal(messageResponse.case, "listServicesResponse", form);
        assert.deepEqual(
          messageResponse.value.service.map(({ name }) => name),
          mounted,
          form,
        );
      }
    }
  });
}

async function bufCurl(reflection: "grpc-v1" | "grpc-v1alpha", path: string, ...options: string[]): Promise<string> {
  const words = [
    "curl",
    "--http2-prior-knowledge",
    "--reflect-protocol",
    reflection,
    ...options,
    server.baseUrl + path,
  ];
  return (await promisify(execFile)("buf", words)).stdout;
}

for (const reflection of ["grpc-v1", "grpc-v1alpha"] as const) {
  test(`buf curl finds services and methods by ${reflection}, and calls them without a schema`, async () => {
    const [services, methods, reply] = await Promise.all([
      bufCurl(reflection, "", "--list-services"),
      bufCurl(reflection, "", "--list-methods"),
      bufCurl(reflection, "/greeter.Greeter/SayHello", "--protocol", "grpc", "-d", '{"name":"Ada","age":36}'),
    ]);
    assert.deepEqual(services.trim().split("\n"), mounted);
    for (const method of ["greeter.Greeter/Chat", "Greeter/SayHello", "grpc.health.v1.Health/Watch"]) {
      assert.ok(methods.split("\n").includes(method), methods);
    }
    assert.equal(JSON.parse(reply).message, "Hello, Ada! You are 36 years old.");
  });
}

test("grpc-js asks question by question on one stream", async () => {
  const definition: grpc.MethodDefinition<ServerReflectionRequest, ServerReflectionResponse> = {
    path: `/${ServerReflection.typeName}/ServerReflectionInfo`,
    requestStream: true,
    responseStream: true,
    requestSerialize: message => Buffer.from(toBinary(ServerReflectionRequestSchema, message)),
    requestDeserialize: bytes => fromBinary(ServerReflectionRequestSchema, bytes),
    responseSerialize: message => Buffer.from(toBinary(ServerReflectionResponseSchema, message)),
    responseDeserialize: bytes => fromBinary(ServerReflectionResponseSchema, bytes),
  };
  const Client = grpc.makeClientConstructor({ info: definition }, ServerReflection.typeName);
  const client = new Client(`localhost:${server.port}`, grpc.credentials.createInsecure());
  const call: grpc.ClientDuplexStream<ServerReflectionRequest, ServerReflectionResponse> = client.info?.();
  for (const [value, kind] of [
    ["greeter.Greeter", "fileDescriptorResponse"],
    ["no.Such", "errorResponse"],
    ["Greeter.SayHello", "fileDescriptorResponse"],
  ] as const) {
    const messageRequest = { case: "fileContainingSymbol", value } as const;
    call.write({ $typeName: "grpc.reflection.v1.ServerReflectionRequest", host: "", messageRequest });
    const [reply] = (await once(call, "data")) as [ServerReflectionResponse];
    assert.equal(reply.messageResponse.case, kind);
    assert.deepEqual(reply.originalRequest?.messageRequest, messageRequest);
  }
  call.end();
  const [status] = (await once(call, "status")) as [grpc.StatusObject];
  assert.equal(status.code, grpc.status.OK);
  client.close();
});

test("with REFLECTION=off neither version is served", async () => {
  await using silent = await startServer({ REFLECTION: "off" });
  const transport = createGrpcTransport({ baseUrl: silent.baseUrl });
  for (const service of [ServerReflection, ServerReflectionV1alpha]) {
    const replies = createClient(service, transport).serverReflectionInfo(one(listServices));
    await assert.rejects(Array.fromAsync(replies), error => ConnectError.from(error).code === Code.Unimplemented);
  }
});
