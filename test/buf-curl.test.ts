import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer, type TestServer } from "./support/server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

async function bufCurl(protocol: string, method: string, ...messages: object[]): Promise<string[]> {
  const data = messages.map(message => JSON.stringify(message)).join("\n");
  const { stdout } = await promisify(execFile)(
    "buf",
    [
      "curl",
      "--protocol",
      protocol,
      "--http2-prior-knowledge",
      "--schema",
      "proto",
      "-d",
      data,
      server.baseUrl + method,
    ],
    { cwd: root },
  );
  return [...stdout.matchAll(/"message": "(.*)"/g)].map(([, message = ""]) => message);
}

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  test(`buf curl makes each kind of call over ${protocol}`, async () => {
    const [unary, stream, many, chat] = await Promise.all([
      bufCurl(protocol, "/greeter.Greeter/SayHello", { name: "Ada", age: 36 }),
      bufCurl(protocol, "/greeter.Greeter/SayHelloStream", { name: "Ada" }),
      bufCurl(protocol, "/greeter.Greeter/SayHelloToMany", { age: 28 }, { age: 35 }, { age: 22 }, { age: 40 }),
      bufCurl(protocol, "/greeter.Greeter/Chat", { name: "one" }, { name: "two" }),
    ]);
    assert.deepEqual(unary, ["Hello, Ada! You are 36 years old."]);
    assert.deepEqual(
      stream,
      [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
    );
    assert.deepEqual(many, ["Hello to 4 people! Average age: 31.2"]);
    assert.deepEqual(chat, ["Echo #1: one", "Echo #2: two"]);
  });
}
