import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { ack, endHeaders, endStream, frame, framesOf, literal, preface, types } from "../../test/support/frames.ts";
import { startTcp } from "../../test/support/tcp-server.ts";
import { createConcierge } from "../index.ts";
import { protocols } from "../protocol.ts";

/** How far a reply comes before it is cut, in bytes of its first message. */
const amounts = { "the headers": 0, "half a message": 0.5, "a whole message": 1 } as const;

/** What cuts it: all that a server, or a proxy that has lost one, does without saying that something is wrong. */
const cuts: Readonly<Record<string, (socket: Socket) => void>> = {
  "a reset with NO_ERROR": socket => socket.write(frame(types.reset, 0, 1, Buffer.alloc(4))),
  "the end of the connection": socket => socket.end(),
  "a reset of the connection": socket => socket.resetAndDestroy(),
  // Stream 1 is to be replied to still.
  "GOAWAY and the end": socket => socket.end(frame(types.goaway, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))),
  "END_STREAM without more": socket => socket.write(frame(types.data, endStream, 1)),
};

const contentTypes: Readonly<Record<string, string>> = {
  "connect unary": "application/proto",
  "connect stream": "application/connect+proto",
  "grpc unary": "application/grpc+proto",
  "grpc stream": "application/grpc+proto",
  "grpc-web unary": "application/grpc-web+proto",
  "grpc-web stream": "application/grpc-web+proto",
};

/** A part of a reply on stream 1; `promised` has it tell its length. */
function partOf(contentType: string, amount: number, promised: boolean): Buffer {
  const message = toBinary(HelloReplySchema, create(HelloReplySchema, { message: "hello", serverId: "vm" }));
  const envelope = Buffer.from([0, 0, 0, 0, message.length]);
  const body = contentType === "application/proto" ? message : Buffer.concat([envelope, message]);
  const fields = [Buffer.from([0x88]), literal("content-type", contentType)];
  if (promised) fields.push(literal("content-length", String(message.length)));
  const headers = frame(types.headers, endHeaders, 1, Buffer.concat(fields));
  // Seven bytes are a whole message with one of its fields.
  const part = amount === 0.5 ? body.subarray(0, 7) : body.subarray(0, amount * body.length);
  return amount === 0 ? headers : Buffer.concat([headers, frame(types.data, 0, 1, part)]);
}

/** A server that sends part of a reply and cuts it: at once, or when the client has taken that part in. */
function startCutting(part: Buffer, cut: (socket: Socket) => void, atOnce: boolean) {
  return startTcp(socket => {
    socket.write(frame(types.settings, 0, 0));
    let received = Buffer.alloc(0);
    let step = 0;
    socket.on("data", bytes => {
      received = Buffer.concat([received, bytes as Buffer]);
      const frames = framesOf(received.subarray(preface.length));
      if (step === 0 && frames.some(({ type, stream }) => type === types.headers && stream === 1)) {
        step = 1;
        socket.cork();
        socket.write(part);
        if (atOnce) cut(socket);
        else socket.write(frame(types.ping, 0, 0, Buffer.alloc(8)));
        socket.uncork();
      }
      const taken = frames.some(({ type, flags }) => type === types.ping && flags === ack);
      if (step === 1 && taken && !atOnce) {
        step = 2;
        cut(socket);
      }
    });
  });
}

for (const protocol of protocols) {
  for (const kind of ["unary", "stream"] as const) {
    for (const [how, cut] of Object.entries(cuts)) {
      test(`a reply that is cut by ${how} is never whole, over ${protocol}, ${kind}`, async () => {
        const contentType = contentTypes[`${protocol} ${kind}`] ?? "";
        for (const [what, amount] of Object.entries(amounts)) {
          for (const atOnce of [true, false]) {
            const isPlain = contentType === "application/proto";
            // Nothing but its length tells that this is not all.
            const endsWell = how.startsWith("END_STREAM") && isPlain;
            if (endsWell && amount === 1) continue;
            for (const promised of isPlain ? (endsWell ? [true] : [false, true]) : [false]) {
              await using server = await startCutting(partOf(contentType, amount, promised), cut, atOnce);
              await using concierge = createConcierge({ baseUrl: server.baseUrl, protocol, retry: false });
              const { greeter } = concierge;
              const call = kind === "unary" ? greeter.sayHello({}) : Array.fromAsync(greeter.sayHelloStream({}));
              const error = ConnectError.from(
                await call.then(
                  reply => assert.fail(`OK after ${what}: ${JSON.stringify(reply)}`),
                  reason => reason,
                ),
              );
              const said = `${what}, ${atOnce ? "at once" : "later"}: ${error.message}`;
              // Node.js itself finds that a promised length was not kept, and resets the stream.
              const isByNode = error.message.startsWith("[internal] the server reset the call");
              if (!(endsWell && isByNode))
                assert.match(error.message, /^\[unavailable\] (the connection was lost|cannot connect)/, said);
            }
          }
        }
      });
    }
  }
}

/** Messages of a stream, and then what ends it in each protocol. */
function wholeOf(contentType: string): { messages: Buffer; end: Buffer } {
  const message = toBinary(HelloReplySchema, create(HelloReplySchema, { message: "x".repeat(16_000) }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const messages = Array.from({ length: COUNT }, () => frame(types.data, 0, 1, Buffer.concat([head, message])));
  const headers = frame(
    types.headers,
    endHeaders,
    1,
    Buffer.concat([Buffer.from([0x88]), literal("content-type", contentType)]),
  );
  const trailers = "grpc-status: 0\r\n";
  const last: Readonly<Record<string, Buffer>> = {
    "application/connect+proto": frame(types.data, endStream, 1, Buffer.from("\x02\0\0\0\x02{}")),
    "application/grpc-web+proto": frame(
      types.data,
      endStream,
      1,
      Buffer.from(`\x80\0\0\0${String.fromCharCode(trailers.length)}${trailers}`, "latin1"),
    ),
    "application/grpc+proto": frame(types.headers, endStream | endHeaders, 1, literal("grpc-status", "0")),
  };
  return { messages: Buffer.concat([headers, ...messages]), end: last[contentType] ?? Buffer.alloc(0) };
}

/** As many as fit into a window of 64 KiB: the server does not take the client's SETTINGS in. */
const COUNT = 3;

for (const protocol of protocols) {
  test(`a slow reader gets all of a reply that ended before it was read, and learns of one that was cut, over ${protocol}`, async () => {
    const { messages, end } = wholeOf(contentTypes[`${protocol} stream`] ?? "");
    for (const cut of [false, true]) {
      const finish = cut ? cuts["a reset with NO_ERROR"] : (socket: Socket) => socket.write(end);
      assert.ok(finish);
      await using server = await startCutting(messages, finish, true);
      await using concierge = createConcierge({ baseUrl: server.baseUrl, protocol, retry: false });
      const replies = concierge.greeter.sayHelloStream({})[Symbol.asyncIterator]();
      assert.equal((await replies.next()).done, false);
      // Other work, meanwhile the reply comes and the reader is behind it.
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      let count = 1;
      const rest = (async () => {
        while (!(await replies.next()).done) count++;
      })();
      if (cut) await assert.rejects(rest, { code: Code.Unavailable, message: /the connection was lost/ });
      else {
        await rest;
        assert.equal(count, COUNT);
      }
    }
  });
}
