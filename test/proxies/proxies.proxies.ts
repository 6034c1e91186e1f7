import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Greeter, type HelloReply } from "../../gen/greeter/greeter_pb.ts";
import { createGreeterGrpc } from "../support/greeter-grpc.ts";
import type { ProxyName } from "../support/proxy.ts";
import { startServer } from "../support/server.ts";
import { startFront } from "./start-front.ts";

const messages = [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`);
const people = [28, 35, 22, 40].map(age => ({ name: "x", age }));

/** gRPC's four kinds by grpc-js. */
async function callGrpc(port: number): Promise<void> {
  using client = createGreeterGrpc(`127.0.0.1:${port}`);
  assert.equal((await client.sayHello({ name: "Ada" })).message, "Hello, Ada!");
  const replies: HelloReply[] = await client.sayHelloStream({ name: "Ada" }).toArray();
  assert.deepEqual(
    replies.map(({ message }) => message),
    messages,
  );
  assert.equal((await client.sayHelloToMany(people)).message, "Hello to 4 people! Average age: 31.2");
  const chat = client.chat();
  for (const name of ["one", "two", "three"]) {
    chat.write({ name });
    const [reply] = (await once(chat, "data")) as [HelloReply];
    assert.match(reply.message, new RegExp(`: ${name}$`));
  }
  chat.end();
  await once(chat, "end");
}

/** Connect's unary and server streaming calls, and what needs HTTP/2 on the way there as well. */
async function callConnect(port: number, httpVersion: "1.1" | "2"): Promise<void> {
  const client = createClient(Greeter, createConnectTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion }));
  assert.equal((await client.sayHello({ name: "Ada" })).message, "Hello, Ada!");
  const replies = await Array.fromAsync(client.sayHelloStream({ name: "Ada" }));
  assert.deepEqual(
    replies.map(({ message }) => message),
    messages,
  );
  if (httpVersion === "1.1") return;
  async function* talk() {
    for (const name of ["one", "two", "three"]) {
      yield { name };
      await heard.promise;
      heard = Promise.withResolvers();
    }
  }
  let heard = Promise.withResolvers<void>();
  const echoes: string[] = [];
  for await (const { message } of client.chat(talk())) {
    echoes.push(message);
    heard.resolve();
  }
  assert.deepEqual(echoes, ["Echo #1: one", "Echo #2: two", "Echo #3: three"]);
}

async function callGrpcWeb(port: number): Promise<void> {
  const transport = createGrpcWebTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion: "1.1" });
  const client = createClient(Greeter, transport);
  assert.equal((await client.sayHello({ name: "Ada" })).message, "Hello, Ada!");
  const replies = await Array.fromAsync(client.sayHelloStream({ name: "Ada" }));
  assert.equal(replies.length, messages.length);
}

async function callPlain(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/greeter.Greeter/SayHello`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"Ada","age":36}',
  });
  assert.equal(((await response.json()) as { message: string }).message, "Hello, Ada! You are 36 years old.");
  const page = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  assert.match(await page.text(), /<title>.*Concierge/);
}

for (const name of ["nginx", "haproxy", "caddy"] satisfies ProxyName[]) {
  test(`${name} carries all protocols, all kinds of streams and the page`, async t => {
    await using server = await startServer({ GREETER_STREAM_INTERVAL_MS: "0", TRUSTED_PROXIES: "127.0.0.1" });
    await using front = await startFront(name, server.port);
    const { port, http2Port } = front;
    await t.test("gRPC, all four kinds", () => callGrpc(http2Port));
    await t.test("Connect over HTTP/2, both ways too", () => callConnect(http2Port, "2"));
    await t.test("Connect over HTTP/1.1", () => callConnect(port, "1.1"));
    await t.test("gRPC-Web over HTTP/1.1", () => callGrpcWeb(port));
    await t.test("JSON and the page by fetch", () => callPlain(port));
    await t.test("the server knows who called", () => {
      const clients = server.lines.filter(({ msg }) => msg === "call").map(({ client }) => client);
      assert.ok(clients.length > 10);
      assert.deepEqual(new Set(clients), new Set(["127.0.0.1"]));
    });
  });
}
