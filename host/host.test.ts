import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { Requests } from "../test/support/feed.ts";
import { createGreeterGrpc } from "../test/support/greeter-grpc.ts";
import { createHost } from "./host.ts";
import type { HostOptions } from "./host-options.ts";
import { serve } from "./served.ts";

const greeter = serve(Greeter, { sayHello: ({ name }) => ({ message: name }) });

function createTestHost(options: Partial<HostOptions> = {}) {
  return createHost({ services: [greeter], log: pino({ level: "silent" }), shutdownGraceMs: 0, ...options });
}

function guard(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    if (request.headers.authorization === "Bearer good") return;
    reply.code(401);
    throw new Error("who are you?");
  });
}

/** The code of a call's refusal; "ok" where it is served. By HTTP/1.1, by HTTP/2, and by grpc-js. */
async function codesOf(port: number): Promise<string[]> {
  using grpc = createGreeterGrpc(`127.0.0.1:${port}`);
  const baseUrl = `http://127.0.0.1:${port}`;
  const calls = [
    ...(["1.1", "2"] as const).map(httpVersion =>
      createClient(Greeter, createConnectTransport({ baseUrl, httpVersion })).sayHello({ name: "Ada" }),
    ),
    grpc.sayHello({ name: "Ada" }).catch(({ code, details }) => {
      throw new ConnectError(details, code);
    }),
  ];
  const settled = await Promise.allSettled(calls);
  return settled.map(one => (one.status === "fulfilled" ? "ok" : Code[ConnectError.from(one.reason).code]));
}

test("an onRequest hook guards calls over each version of HTTP", async () => {
  await using host = await createTestHost();
  guard(host.fastify);
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  assert.deepEqual(await codesOf(address?.port ?? 0), ["Unauthenticated", "Unauthenticated", "Unauthenticated"]);
});

test("an onRequest hook guards plain HTTP, too", async () => {
  await using host = await createTestHost({ services: [serve(DirectoryService, { getUser: () => ({ id: "7" }) })] });
  guard(host.fastify);
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${address?.port}/v1/users/7`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { headers: { authorization: "Bearer good" } })).status, 200);
});

test("an onResponse hook hears of each call", async () => {
  await using host = await createTestHost();
  const heard: string[] = [];
  const all = Promise.withResolvers<void>();
  host.fastify.addHook("onResponse", async ({ url }) => {
    if (heard.push(url) === 3) all.resolve();
  });
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  assert.deepEqual(await codesOf(address?.port ?? 0), ["ok", "ok", "ok"]);
  await all.promise;
  assert.deepEqual(new Set(heard), new Set(["/greeter.Greeter/SayHello"]));
});

test("a hook of a plugin's own scope is for its own routes", async () => {
  await using host = await createTestHost();
  await host.fastify.register(async scope => {
    guard(scope);
    scope.addHook("preHandler", async () => undefined);
    scope.get("/own", () => "own");
  });
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  assert.deepEqual(await codesOf(address?.port ?? 0), ["ok", "ok", "ok"]);
  assert.equal((await fetch(`http://127.0.0.1:${address?.port}/own`)).status, 401);
});

for (const name of ["preParsing", "preValidation", "preHandler", "preSerialization", "onSend", "onError"] as const) {
  test(`a host whose ${name} hook no call would pass does not start`, async () => {
    await using host = await createTestHost();
    host.fastify.addHook(name as "preHandler", async () => undefined);
    await assert.rejects(host.listen({ host: "127.0.0.1", port: 0 }), error => {
      assert.match(String(error), new RegExp(`^HookError: ${name} on the root instance: .*skipsHooks`));
      return true;
    });
  });
}

/** A Greeter whose streams wait for `go`, and tell when they have begun. */
function createWaiting() {
  const begun = { stream: Promise.withResolvers<void>(), many: Promise.withResolvers<void>() };
  const go = Promise.withResolvers<void>();
  const service = serve(Greeter, {
    async *sayHelloStream(_, { signal }) {
      begun.stream.resolve();
      await go.promise;
      yield { message: String(signal.aborted) };
    },
    async sayHelloToMany(requests) {
      let count = 0;
      for await (const _ of requests) {
        if (++count === 1) begun.many.resolve();
      }
      return { message: String(count) };
    },
    async *chat(_, { signal }) {
      yield {};
      await once(signal, "abort");
    },
  });
  return { service, begun, go };
}

for (const httpVersion of ["1.1", "2"] as const) {
  test(`streams that come to an end are finished in a drain, and bidi ends at once, over HTTP/${httpVersion}`, async t => {
    const { service, begun, go } = createWaiting();
    // Nothing may wait for the grace.
    const host = await createTestHost({ services: [service], shutdownGraceMs: 3_600_000 });
    t.after(() => host.abort());
    const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${address?.port}`;
    const client = createClient(Greeter, createConnectTransport({ baseUrl, httpVersion }));
    const streamed = Array.fromAsync(client.sayHelloStream({}));
    const requests = new Requests<{ name: string }>().push({ name: "Ada" });
    const many = client.sayHelloToMany(requests);
    // There is no bidi over HTTP/1.1.
    const bidi = createClient(Greeter, createConnectTransport({ baseUrl, httpVersion: "2" }));
    const chat = bidi.chat(new Requests())[Symbol.asyncIterator]();
    await Promise.all([begun.stream.promise, begun.many.promise, chat.next()]);

    const closed = host.close();
    await assert.rejects(chat.next(), { code: Code.Unavailable });
    go.resolve();
    requests.push({ name: "Grace" }).end();
    assert.deepEqual(
      (await streamed).map(({ message }) => message),
      ["false"],
    );
    assert.equal((await many).message, "2");
    await closed;
  });
}

test("a stream is ended in a drain where the host is told so", async t => {
  const { service, begun, go } = createWaiting();
  const host = await createTestHost({
    services: [service],
    shutdownGraceMs: 3_600_000,
    endsInDrain: method => method.name === "SayHelloStream" || undefined,
  });
  t.after(() => host.abort());
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  const baseUrl = `http://127.0.0.1:${address?.port}`;
  const client = createClient(Greeter, createConnectTransport({ baseUrl, httpVersion: "2" }));
  const streamed = Array.fromAsync(client.sayHelloStream({}));
  await begun.stream.promise;
  const closed = host.close();
  await assert.rejects(streamed, { code: Code.Unavailable });
  go.resolve();
  await closed;
});

test("a host that is told to skip hooks answers calls ahead of them", async () => {
  await using host = await createTestHost({ skipsHooks: true });
  guard(host.fastify);
  host.fastify.addHook("preHandler", async () => undefined);
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  assert.deepEqual(await codesOf(address?.port ?? 0), ["ok", "ok", "ok"]);
});
