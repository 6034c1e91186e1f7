import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createClient as createConnectClient,
  createRouterTransport,
  type StreamResponse,
  type Transport,
} from "@connectrpc/connect";
import { Greeter, HelloReplySchema } from "../gen/greeter/greeter_pb.ts";
import { createClient } from "./create-client.ts";

/** A greeter that says of each name what it is, with a header and a trailer; "none" fails. */
const transport = createRouterTransport(({ service }) => {
  service(Greeter, {
    sayHello({ name }, { responseHeader, responseTrailer }) {
      responseHeader.set("x-head", name);
      responseTrailer.set("x-tail", name);
      if (name === "none") throw new ConnectError("no such name", Code.NotFound);
      return { message: name };
    },
    async *sayHelloStream({ name }, { responseHeader, responseTrailer }) {
      responseHeader.set("x-head", name);
      responseTrailer.set("x-tail", name);
      yield { message: name };
      if (name === "none") throw new ConnectError("no such name", Code.NotFound);
      yield { message: `${name} again` };
    },
    async sayHelloToMany(people) {
      const names = await Array.fromAsync(people, ({ name }) => name);
      return { message: names.join(", ") };
    },
    async *chat(people) {
      for await (const { name } of people) yield { message: name };
    },
  });
});

/** What a call comes to: its messages or its error, and what was told on the way, in this order. */
async function play(client: ReturnType<typeof createClient<typeof Greeter>>, name: string) {
  const told: unknown[] = [];
  const options = {
    onHeader: (header: Headers) => void told.push("header", header.get("x-head")),
    onTrailer: (trailer: Headers) => void told.push("trailer", trailer.get("x-tail")),
  };
  const people = async function* () {
    yield { name };
    yield { name: "Eve" };
  };
  const note = (reason: unknown) => void told.push(ConnectError.from(reason).message);
  await client.sayHello({ name }, options).then(({ message }) => told.push(message), note);
  await client.sayHelloToMany(people(), options).then(({ message }) => told.push(message), note);
  for (const messages of [client.sayHelloStream({ name }, options), client.chat(people(), options)]) {
    try {
      for await (const { message } of messages) told.push(message);
    } catch (reason) {
      note(reason);
    }
    const left = messages[Symbol.asyncIterator]();
    told.push(await left.next(), "return" in left);
  }
  return told;
}

for (const name of ["Ada", "none"]) {
  test(`calls of all kinds are what Connect's client makes of them, of "${name}"`, async () => {
    const told = await play(createClient(Greeter, transport), name);
    assert.deepEqual(told, await play(createConnectClient(Greeter, transport), name));
    assert.ok(told.includes("header") && told.includes(name === "none" ? "[not_found] no such name" : "Ada again"));
  });
}

/** A transport whose streams bring these messages, and perhaps an error behind them. */
function bring(messages: readonly string[], error?: Error): Transport {
  async function* replies() {
    for (const message of messages) yield create(HelloReplySchema, { message });
    if (error) throw error;
  }
  const response = { stream: true, header: new Headers(), trailer: new Headers(), message: replies() };
  return { unary: transport.unary, stream: async () => response as unknown as StreamResponse } as Transport;
}

test("a reply of no message, or of two, is none to a client's stream; an error of the server comes first", async () => {
  async function* nobody() {}
  for (const [messages, error, code, message] of [
    [[], undefined, Code.Unimplemented, /missing response message/],
    [["a", "b"], undefined, Code.Unimplemented, /received extra messages/],
    [["a", "b"], new ConnectError("gone", Code.Aborted), Code.Aborted, /gone/],
  ] as const) {
    const call = createClient(Greeter, bring(messages, error)).sayHelloToMany(nobody());
    await assert.rejects(call, { code, message });
  }
});

test("who asks for several messages at once gets them in order, the end once, and an error once", async () => {
  for (const error of [undefined, new ConnectError("gone", Code.Aborted)]) {
    let trailers = 0;
    let headers = 0;
    const options = { onHeader: () => void headers++, onTrailer: () => void trailers++ };
    const messages = createClient(Greeter, bring(["a", "b"], error)).sayHelloStream({}, options);
    const iterator = messages[Symbol.asyncIterator]();
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => iterator.next()));
    const seen = results.map(result => (result.status === "rejected" ? "error" : result.value.value?.message));
    assert.deepEqual(seen, ["a", "b", error && "error", undefined]);
    assert.deepEqual([headers, trailers], [1, error ? 0 : 1]);
  }
});
