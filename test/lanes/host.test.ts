import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createContextValues, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { Greeter, HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { onStreamEnd } from "../../host/interceptors/stream-end.ts";
import { createWireLane } from "../../host/lanes/wire-lane.ts";
import { aborted, serveGreeter } from "./greeter-server.ts";
import { listen } from "./listen.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

test("interceptors run outermost first, see the call whole, and may pass on a copy", async () => {
  const seen: string[] = [];
  const trace =
    (name: string): Interceptor =>
    next =>
    async request => {
      seen.push(`${name} ${request.stream} ${request.url.replace(/.*:\d+/, "")} ${request.signal.aborted}`);
      const header = new Headers(request.header);
      header.set("x-ask", name);
      const response = await next({ ...request, header } as never);
      response.header.set(`x-${name}`, "1");
      return response;
    };
  await using traced = await serveGreeter(
    { sayHello: (_, { requestHeader }) => ({ message: requestHeader.get("x-ask") ?? "" }) },
    { interceptors: [trace("outer"), trace("inner")] },
  );
  const response = await fetch(`${traced.url}/greeter.Greeter/SayHello`, {
    method: "POST",
    body: "{}",
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual(await response.json(), { message: "inner" });
  assert.equal(response.headers.get("x-outer"), "1");
  assert.equal(response.headers.get("x-inner"), "1");
  const path = "/greeter.Greeter/SayHello";
  assert.deepEqual(seen, [`outer false ${path} false`, `inner false ${path} false`]);
});

test("who watches a stream of replies is told of each message and once of the end, and says what an error is", async () => {
  const told: string[] = [];
  const stopped = Promise.withResolvers<void>();
  const watch: Interceptor = next => async request => {
    const response = await next(request);
    if (!response.stream) return response;
    const message = onStreamEnd(response.message, {
      passed: () => void told.push("passed"),
      completed: () => void told.push("completed"),
      failed(error) {
        told.push("failed");
        return new ConnectError(`seen: ${(error as Error).message}`, Code.Aborted);
      },
      stopped() {
        told.push("stopped");
        stopped.resolve();
      },
    });
    return { ...response, message };
  };
  await using watched = await serveGreeter(
    {
      async *sayHelloStream({ name }, context) {
        yield { message: "one" };
        if (name === "fails") throw new Error("broken");
        if (name === "waits") await aborted(context);
        yield { message: "two" };
      },
    },
    { interceptors: [watch] },
  );
  await using session = connect(watched.url);
  async function call(name: string) {
    told.length = 0;
    const stream = open(session, "SayHelloStream");
    stream.end(hello(name));
    if (name === "waits") {
      await once(stream, "data");
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await stopped.promise;
      return "";
    }
    const { trailers } = await replyOf(stream);
    return `${trailers["grpc-status"]} ${trailers["grpc-message"] ?? ""}`;
  }
  assert.equal(await call("ends"), "0 ");
  assert.deepEqual(told, ["passed", "passed", "completed"]);
  assert.equal(await call("fails"), `${Code.Aborted} seen: broken`);
  assert.deepEqual(told, ["passed", "failed"]);
  await call("waits");
  assert.deepEqual(told, ["passed", "stopped"]);
});

test("hooks of the host run, and what they set on the reply is sent", async () => {
  const responded = Promise.withResolvers<number>();
  await using hooked = await listen(async app => {
    app.addHook("onRequest", async (_, reply) => {
      reply.header("x-hook", "1");
    });
    app.addHook("onResponse", async (_, reply) => responded.resolve(reply.raw.statusCode));
    await createWireLane()(app, {
      routes: router => {
        router.service(UserService, {});
      },
      interceptors: [],
      contextValues: () => createContextValues(),
      maxMessageBytes: 1000,
      maxDeadlineMs: 1000,
      shutdownSignal: new AbortController().signal,
    });
  });
  await using session = connect(hooked.url);
  const stream = open(session, "", {
    ":path": "/techoral.users.v1.UserService/GetUser",
    "content-type": "application/json",
  });
  stream.end("{}");
  const { headers } = await replyOf(stream);
  assert.equal(headers["x-hook"], "1");
  assert.equal(headers[":status"], 501);
  assert.equal(await responded.promise, 501);
});

test("grpc-js is served as it comes", async () => {
  await using server = await serveGreeter({ sayHello: ({ name }) => ({ message: `Hello, ${name}` }) });
  const client = new grpc.Client(server.url.replace("http://", ""), grpc.credentials.createInsecure());
  const serialize = (name: string) => Buffer.from(hello(name).subarray(5));
  const message = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/greeter.Greeter/SayHello",
      serialize,
      bytes => fromBinary(HelloReplySchema, bytes).message,
      "Ada",
      (error, reply) => (error ? reject(error) : resolve(reply)),
    );
  });
  assert.equal(message, "Hello, Ada");
  client.close();
});

for (const httpVersion of ["1.1", "2"] as const) {
  test(`a call whose body is empty is answered after a gate that takes its time, over HTTP/${httpVersion}`, async () => {
    await using gated = await serveGreeter(
      { sayHello: ({ name }) => ({ message: `Hello, ${name}` }) },
      { requestGate: () => new Promise(resolve => setImmediate(() => setImmediate(resolve))) },
    );
    const client = createClient(Greeter, createConnectTransport({ baseUrl: gated.url, httpVersion }));
    assert.equal((await client.sayHello({}, { timeoutMs: 5000 })).message, "Hello, ");
  });
}
