import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import * as net from "node:net";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { startTcp } from "../../test/support/tcp-server.ts";
import { createConcierge } from "../index.ts";

/** A server of Connect's unary calls. It has no limits of its own, so that what is seen is the client's doing. */
async function startUnary(onCall: (stream: http2.ServerHttp2Stream, reply: (message: string) => void) => void) {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer({ maxSessionMemory: 1000 });
  server.on("session", session => sessions.add(session));
  server.on("stream", (stream: http2.ServerHttp2Stream) => {
    stream.on("error", () => {});
    onCall(stream, message => {
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end(toBinary(HelloReplySchema, create(HelloReplySchema, { message })));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

test("replies arrive while more than ten megabytes of the client's own requests wait to be sent", async () => {
  const begun = Promise.withResolvers<void>();
  let uploads = 0;
  await using server = await startUnary((stream, reply) => {
    stream.once("data", bytes => {
      // A request of which more is to come is read no further.
      stream.pause();
      if (bytes.length < 1000) reply("small");
      else if (++uploads === 4) begun.resolve();
    });
  });
  await using concierge = createConcierge({ baseUrl: server.baseUrl, retry: false, deadlineMs: 0 });
  const leave = new AbortController();
  const name = "x".repeat(4_000_000);
  const calls = Array.from({ length: 4 }, () => concierge.greeter.sayHello({ name }, { signal: leave.signal }));
  await begun.promise;
  assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "small");
  leave.abort();
  await Promise.allSettled(calls);
});

test("replies of megabytes arrive without a word of the client on the way, and small ones beside them", async () => {
  const large = "x".repeat(1_900_000);
  const replies: ((message: string) => void)[] = [];
  const asked = Promise.withResolvers<void>();
  await using server = await startUnary((stream, reply) => {
    stream.resume();
    stream.once("end", () => {
      replies.push(reply);
      if (replies.length === 4) asked.resolve();
    });
  });
  const held = Promise.withResolvers<void>();
  await using front = await startTcp(socket => {
    const onward = net.connect(server.port, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    socket.once("close", () => onward.destroy());
    onward.pipe(socket);
    socket.pipe(onward);
    // From here on no WINDOW_UPDATE reaches the server.
    void held.promise.then(() => socket.unpipe(onward).pause());
  });
  await using concierge = createConcierge({ baseUrl: front.baseUrl, retry: false });
  const calls = Array.from({ length: 4 }, () => concierge.greeter.sayHello({}));
  await asked.promise;
  held.resolve();
  await held.promise;
  for (const [index, reply] of replies.entries()) reply(index < 3 ? large : "small");
  const messages = (await Promise.all(calls)).map(({ message }) => message.length);
  assert.deepEqual(messages.sort(), [5, large.length, large.length, large.length].sort());
});
