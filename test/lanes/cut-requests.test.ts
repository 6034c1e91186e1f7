import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import * as net from "node:net";
import { test } from "node:test";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { openHttp2 } from "../support/open-http2.ts";
import { aborted, serveGreeter } from "./greeter-server.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

const endings: Record<string, (stream: http2.ClientHttp2Stream, connection: net.Socket) => void> = {
  // Not by close(), which ends the request before it resets the stream: then it is complete.
  reset: stream => void stream.destroy(),
  "closed with its connection": (_stream, connection) => void connection.end(),
  "lost with its connection": (_stream, connection) => void connection.resetAndDestroy(),
};
for (const [how, end] of Object.entries(endings)) {
  test(`a stream of requests that is ${how} never looks complete to its handler`, async () => {
    const arrived = Promise.withResolvers<void>();
    const outcome = Promise.withResolvers<unknown>();
    await using server = await serveGreeter({
      async sayHelloToMany(requests) {
        try {
          for await (const _ of requests) arrived.resolve();
          outcome.resolve("complete");
        } catch (error) {
          outcome.resolve(ConnectError.from(error).code);
          throw error;
        }
        return {};
      },
    });
    const connection = net.connect(Number(new URL(server.url).port), "127.0.0.1");
    const session = openHttp2(server.url, { createConnection: () => connection });
    session.on("error", () => undefined);
    const stream = open(session, "SayHelloToMany");
    stream.write(hello("one"));
    await arrived.promise;
    end(stream, connection);
    assert.equal(await outcome.promise, Code.Canceled);
    session.destroy();
  });
}

test("a request that is cut never reaches its handler as if it were whole", async () => {
  const names: string[] = [];
  await using server = await serveGreeter({
    async sayHello({ name }) {
      names.push(name);
      return {};
    },
  });
  await using session = connect(server.url);
  // The name alone is a message, too: what is cut off is the age behind it.
  const whole = toBinary(HelloRequestSchema, { $typeName: "greeter.HelloRequest", name: "cut", age: 36 });
  for (const bytes of [whole.length, whole.length - 2]) {
    const stream = open(session, "SayHello", { "content-type": "application/proto" });
    stream.write(whole.subarray(0, bytes));
    if (bytes === whole.length) stream.end();
    // The server has it once it has answered what was sent behind it.
    await new Promise(resolve => session.ping(resolve));
    if (bytes < whole.length) stream.destroy();
    else stream.resume();
    await once(stream, "close");
  }
  await new Promise(resolve => session.ping(resolve));
  const last = open(session, "SayHello", { "content-type": "application/proto" });
  last.end(toBinary(HelloRequestSchema, { $typeName: "greeter.HelloRequest", name: "last", age: 0 }));
  last.resume();
  await once(last, "close");
  assert.deepEqual(names, ["cut", "last"]);
});

test("unary calls that are canceled count no more on their connection once their handlers return", async () => {
  let arrived = Promise.withResolvers<void>();
  await using server = await serveGreeter(
    {
      async sayHello({ name }, context) {
        arrived.resolve();
        if (name === "waits") await aborted(context);
        return {};
      },
    },
    // Twice as many calls may run.
    { limits: { maxStreamsPerConnection: 1 } },
  );
  await using session = connect(server.url);
  for (let n = 0; n < 3; n++) {
    arrived = Promise.withResolvers();
    const stream = open(session, "SayHello");
    stream.end(hello("waits"));
    await arrived.promise;
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await once(stream, "close");
  }
  const last = open(session, "SayHello");
  last.end(hello("last"));
  assert.equal((await replyOf(last)).trailers["grpc-status"], "0");
});
