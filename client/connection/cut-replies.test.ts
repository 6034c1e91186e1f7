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
              if (endsWell) assert.equal(error.code, Code.Internal, said);
              else assert.match(error.message, /^\[unavailable\] (the connection was lost|cannot connect)/, said);
            }
          }
        }
      });
    }
  }
}
