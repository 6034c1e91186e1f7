import assert from "node:assert/strict";
import { hostname } from "node:os";
import { after, before, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Greeter, type HelloReply } from "../gen/greeter/greeter_pb.ts";
import { Greeter as HelloworldGreeter } from "../gen/helloworld_pb.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

async function* each<T>(...items: T[]) {
  yield* items;
}

async function messagesOf(replies: AsyncIterable<HelloReply>): Promise<string[]> {
  const messages: string[] = [];
  for await (const { message } of replies) messages.push(message);
  return messages;
}

const forms = [...transportsTo("http://form.invalid").keys()];

for (const form of forms) {
  function clientOf<T extends typeof Greeter | typeof HelloworldGreeter>(service: T) {
    const transport = transportsTo(server.baseUrl).get(form);
    assert.ok(transport);
    return createClient(service, transport);
  }

  test(`${form}: SayHello greets by name, and by age where it is known`, async () => {
    const client = clientOf(Greeter);
    const known = await client.sayHello({ name: "Ada", age: 36 });
    assert.equal(known.message, "Hello, Ada! You are 36 years old.");
    assert.match(known.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(known.serverId, hostname());
    assert.equal((await client.sayHello({ name: "Ada" })).message, "Hello, Ada!");
    assert.equal((await client.sayHello({ name: "Zoë 👋" })).message, "Hello, Zoë 👋!");
  });

  test(`${form}: SayHelloStream answers five times`, async () => {
    const messages = await messagesOf(clientOf(Greeter).sayHelloStream({ name: "Ada" }));
    assert.deepEqual(
      messages,
      [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
    );
  });

  test(`${form}: SayHelloToMany counts, and averages with ties to even`, async () => {
    const people = [28, 35, 22, 40].map(age => ({ name: "x", age }));
    const { message } = await clientOf(Greeter).sayHelloToMany(each(...people));
    assert.equal(message, "Hello to 4 people! Average age: 31.2");
  });

  test(`${form}: SayHelloToMany without a message is INVALID_ARGUMENT`, async () => {
    await assert.rejects(clientOf(Greeter).sayHelloToMany(each()), error => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.code, Code.InvalidArgument);
      assert.equal(error.rawMessage, "at least 1 message is needed, got 0");
      return true;
    });
  });

  test(`${form}: a negative age is INVALID_ARGUMENT, with the field, the bound and the request's id`, async () => {
    const headers = { "x-request-id": `age-${form.replaceAll(/\W/g, "")}` };
    await assert.rejects(clientOf(Greeter).sayHello({ name: "Ada", age: -1 }, { headers }), error => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.code, Code.InvalidArgument);
      assert.equal(error.rawMessage, "age must be 0 or more, got -1");
      assert.equal(error.metadata.get("x-request-id"), headers["x-request-id"]);
      return true;
    });
  });

  test(`${form}: the Greeter without a package greets without an exclamation mark`, async () => {
    assert.equal((await clientOf(HelloworldGreeter).sayHello({ name: "World" })).message, "Hello, World");
  });

  if (form.endsWith("/1.1")) {
    test(`${form}: Chat needs HTTP/2 and says so`, async () => {
      await assert.rejects(messagesOf(clientOf(Greeter).chat(each({ name: "Ada" }))));
    });
  } else {
    test(`${form}: Chat answers each message as it arrives, and ends with the client`, async () => {
      const { promise: answered, resolve: sendNext } = Promise.withResolvers<void>();
      async function* requests() {
        yield { name: "one" };
        await answered;
        yield { name: "two" };
      }
      const messages: string[] = [];
      for await (const { message } of clientOf(Greeter).chat(requests())) {
        messages.push(message);
        sendNext();
      }
      assert.deepEqual(messages, ["Echo #1: one", "Echo #2: two"]);
    });
  }
}
