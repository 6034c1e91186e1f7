import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fastify } from "fastify";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { callContextValues } from "../../host/interceptors/call-info.ts";
import { connectLane } from "../../host/lanes/connect-lane.ts";
import { createOnePort } from "../../host/listener/one-port.ts";
import { reflectionOf } from "../../host/reflection/reflection.ts";
import { mounted } from "../support/mounted.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { installedTool } from "../support/tools.ts";

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs grpcurl against a port; options come first, words after the address. */
function grpcurl(port: number, options: string[], words: string[], input = ""): Promise<Outcome> {
  return new Promise(resolve => {
    const args = ["-plaintext", ...options, `localhost:${port}`, ...words];
    const child = execFile(installedTool("bin/grpcurl"), args, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

async function messagesOf(method: string, options: string[], input?: string): Promise<string[]> {
  const { code, stdout, stderr } = await grpcurl(server.port, options, [`greeter.Greeter/${method}`], input);
  assert.equal(code, 0, stderr);
  return [...stdout.matchAll(/"message": "(.*)"/g)].map(([, message = ""]) => message);
}

test("grpcurl lists the services, and the methods of one", async () => {
  const services = await grpcurl(server.port, [], ["list"]);
  assert.deepEqual(services.stdout.trim().split("\n"), mounted);
  const methods = await grpcurl(server.port, [], ["list", "greeter.Greeter"]);
  assert.deepEqual(
    methods.stdout.trim().split("\n"),
    ["Chat", "SayHello", "SayHelloStream", "SayHelloToMany"].map(name => `greeter.Greeter.${name}`),
  );
});

test("grpcurl describes a service, a method, a message and an enum", async () => {
  for (const [symbol, text] of [
    ["greeter.Greeter", "rpc SayHelloToMany ( stream .greeter.HelloRequest ) returns ( .greeter.HelloReply ) {"],
    ["greeter.Greeter", "option (.concierge.policy.v1.policy) = { access: ACCESS_PUBLIC };"],
    ["greeter.Greeter.Chat", "rpc Chat ( stream .greeter.HelloRequest ) returns ( stream .greeter.HelloReply ) {"],
    ["greeter.HelloRequest", "int32 age = 2;"],
    ["HelloRequest", "string name = 1;"],
    ["grpc.health.v1.HealthCheckResponse.ServingStatus", "SERVICE_UNKNOWN = 3;"],
  ] as const) {
    const { code, stdout, stderr } = await grpcurl(server.port, [], ["describe", symbol]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes(text), stdout);
  }
  const unknown = await grpcurl(server.port, [], ["describe", "no.Such"]);
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.stderr, /Symbol not found: no\.Such/);
});

test("grpcurl makes each kind of call without the contract", async () => {
  assert.deepEqual(await messagesOf("SayHello", ["-d", '{"name":"Ada","age":36}']), [
    "Hello, Ada! You are 36 years old.",
  ]);
  assert.deepEqual(
    await messagesOf("SayHelloStream", ["-d", '{"name":"Ada"}']),
    [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
  );
  const people = [28, 35, 22, 40].map(age => JSON.stringify({ age })).join("\n");
  assert.deepEqual(await messagesOf("SayHelloToMany", ["-d", "@"], people), ["Hello to 4 people! Average age: 31.2"]);
  assert.deepEqual(await messagesOf("Chat", ["-d", "@"], '{"name":"one"}\n{"name":"two"}'), [
    "Echo #1: one",
    "Echo #2: two",
  ]);
});

test("grpcurl checks health, of the server and of a service", async () => {
  const check = "grpc.health.v1.Health/Check";
  for (const options of [[], ["-d", '{"service":"greeter.Greeter"}']]) {
    const { stdout } = await grpcurl(server.port, options, [check]);
    assert.deepEqual(JSON.parse(stdout), { status: "SERVING" });
  }
  const { code, stderr } = await grpcurl(server.port, ["-d", '{"service":"no.Such"}'], [check]);
  // 64 and the status code.
  assert.equal(code, 64 + 5);
  assert.match(stderr, /Code: NotFound\n\s+Message: unknown service "no\.Such"/);
});

test("grpcurl shows the custom options of a contract", async () => {
  const onePort = createOnePort();
  const app = fastify({ serverFactory: onePort.serverFactory });
  await connectLane(app, {
    routes(router) {
      for (const service of reflectionOf([DirectoryService])) service.mount(router);
    },
    interceptors: [],
    contextValues: callContextValues,
    maxMessageBytes: 1 << 20,
    maxDeadlineMs: 60_000,
    shutdownSignal: new AbortController().signal,
  });
  await app.ready();
  const [address] = await onePort.listen({ host: "localhost", port: 0 });
  const symbol = "concierge.directory.v1.CreateUserRequest";
  const { code, stdout, stderr } = await grpcurl(address?.port ?? 0, [], ["describe", symbol]);
  await Promise.all([onePort.drain(0), app.close()]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes("User user = 1 [(.buf.validate.field) = { required: true }];"), stdout);
});
