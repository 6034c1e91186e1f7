import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { makeCertificates, makeFolder } from "../../test/support/certificates.ts";
import { createClient, createTransport, createWireTransport, type NodeClientOptions } from "../index.ts";
import { toNodeEndpoint } from "../node-endpoint.ts";

const handler = connectNodeAdapter({
  routes: router =>
    router.service(Greeter, {
      sayHello({ name }, { requestHeader }) {
        if (name === "") throw new ConnectError("name is empty", Code.InvalidArgument);
        return { message: `Hello ${name}`, serverId: requestHeader.get("host") ?? "" };
      },
      async *sayHelloStream({ name, age }) {
        for (let n = 0; n < age; n++) yield { message: `${name} ${n}` };
        if (name === "cut") throw new ConnectError("away", Code.Unavailable);
      },
      async sayHelloToMany(requests) {
        return { message: (await Array.fromAsync(requests, ({ name }) => name)).join() };
      },
    }),
});

/** A server of Connect's that has no HTTP/2. */
async function listen(t: TestContext, server: http.Server, at: string | number = 0): Promise<number> {
  server.on("request", handler).listen(typeof at === "number" ? { port: at, host: "127.0.0.1" } : { path: at });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function* people(...names: string[]) {
  for (const name of names) yield { name };
}

/** Makes calls of three kinds, and returns what the server was called by. */
async function callEachKind(options: NodeClientOptions): Promise<string> {
  await using transport = createTransport({ ...options, httpVersion: "1.1" });
  const greeter = createClient(Greeter, transport);
  const { message, serverId } = await greeter.sayHello({ name: "Ada" });
  assert.equal(message, "Hello Ada");
  const replies = await Array.fromAsync(greeter.sayHelloStream({ name: "n", age: 2 }), reply => reply.message);
  assert.deepEqual(replies, ["n 0", "n 1"]);
  assert.equal((await greeter.sayHelloToMany(people("Ada", "Grace"))).message, "Ada,Grace");
  await assert.rejects(greeter.sayHello({}), { code: Code.InvalidArgument, rawMessage: "name is empty" });
  return serverId;
}

for (const protocol of ["connect", "grpc-web"] as const) {
  for (const format of ["binary", "json"] as const) {
    test(`a server without HTTP/2 is called over HTTP/1.1, by ${protocol} in ${format}`, async t => {
      const port = await listen(t, http.createServer());
      assert.equal(await callEachKind({ baseUrl: `http://127.0.0.1:${port}`, protocol, format }), `127.0.0.1:${port}`);
    });
  }
}

test("so it is over TLS, where its certificate is for the name that it is called by", async t => {
  using made = await makeCertificates();
  const { cert, key } = await made.authority.server(["greeter.test"]);
  const port = await listen(t, https.createServer({ cert, key }));
  const options = { baseUrl: `https://127.0.0.1:${port}`, tls: { ca: made.authority.cert }, retry: false } as const;
  assert.equal(await callEachKind({ ...options, authority: "greeter.test" }), "greeter.test");
  await assert.rejects(callEachKind(options), { code: Code.Internal, message: /does not match certificate/ });
});

test("so it is on a Unix domain socket", async t => {
  using folder = makeFolder();
  await listen(t, http.createServer(), `${folder.path}/s`);
  assert.equal(await callEachKind({ baseUrl: `unix:${folder.path}/s` }), "localhost");
});

test("a connection is kept for the next call, and none is left by a client that is closed", async t => {
  const server = http.createServer();
  const port = await listen(t, server);
  let connections = 0;
  const closed: Promise<unknown>[] = [];
  server.on("connection", socket => {
    connections++;
    closed.push(once(socket, "close"));
  });
  const transport = createTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion: "1.1" });
  for (let n = 0; n < 3; n++) await createClient(Greeter, transport).sayHello({ name: "Ada" });
  assert.equal(connections, 1);
  transport.close();
  await Promise.all(closed);
});

test("a client of HTTP/2 says that such a server may be meant to be called by 1.1", async t => {
  using made = await makeCertificates();
  const ca = made.authority.cert;
  const { cert, key } = await made.authority.server(["localhost"]);
  const clear = await listen(t, http.createServer());
  const secure = await listen(t, https.createServer({ cert, key, ALPNProtocols: ["http/1.1"] }));
  for (const options of [
    { baseUrl: `http://localhost:${clear}` },
    { baseUrl: `https://localhost:${secure}`, tls: { ca } },
  ]) {
    await using transport = createWireTransport({ ...options, retry: false });
    const call = createClient(Greeter, transport).sayHello({ name: "Ada" });
    await assert.rejects(call, { code: Code.Unavailable, message: /httpVersion 1\.1/ });
  }
});

test("what does not go over HTTP/1.1 is named before the first call", () => {
  const baseUrl = "http://localhost:1";
  for (const [options, message] of [
    [{ baseUrl, httpVersion: "1.1", protocol: "grpc" }, /^protocol "grpc" needs HTTP\/2/],
    [{ baseUrl, httpVersion: "1.1", transport: "wire" }, /^transport "wire" speaks HTTP\/2/],
    [{ baseUrl: [baseUrl, "http://localhost:2"], httpVersion: "1.1" }, /^baseUrl ".*" stands for many servers/],
    [{ baseUrl, httpVersion: "3" as "2" }, /^httpVersion "3" is not one of 2, 1\.1$/],
  ] as const) {
    assert.throws(() => toNodeEndpoint(options), { name: "TypeError", message });
  }
  const options = { baseUrl, httpVersion: "1.1" } as const;
  assert.throws(() => createWireTransport(options), { message: /^the wire transport speaks HTTP\/2/ });
});
