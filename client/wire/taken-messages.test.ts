import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Greeter, HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { envelop } from "../../protocol/envelope.ts";
import { endHeaders, endStream, frame, framesOf, literal, preface, types } from "../../test/support/frames.ts";
import { startTcp } from "../../test/support/tcp-server.ts";
import { createClient } from "../create-client.ts";
import { createWireTransport } from "./transport.ts";

/** Three messages that come in one write, and have come by the time that the first is read. */
const greetings = ["a", "b", "c"].map(message => toBinary(HelloReplySchema, create(HelloReplySchema, { message })));
const unreadable = Buffer.from([0xff]);

function reply(messages: readonly Uint8Array[], status: string): Buffer {
  const head = Buffer.concat([Buffer.from([0x88]), literal("content-type", "application/grpc+proto")]);
  return Buffer.concat([
    frame(types.headers, endHeaders, 1, head),
    ...messages.map(message => frame(types.data, 0, 1, envelop(0, message))),
    frame(types.headers, endHeaders | endStream, 1, literal("grpc-status", status)),
  ]);
}

/** A server that replies the same to each connection's first request. */
function startRaw(bytes: Buffer) {
  return startTcp(socket => {
    socket.write(frame(types.settings, 0, 0));
    let received = Buffer.alloc(0);
    socket.on("data", chunk => {
      const before = received.length;
      received = Buffer.concat([received, chunk as Buffer]);
      const isWhole = (length: number) =>
        length > preface.length &&
        framesOf(received.subarray(preface.length, length)).some(({ stream, flags }) => stream === 1 && flags & 1);
      if (isWhole(received.length) && !isWhole(before)) socket.write(bytes);
    });
  });
}

/** Reads a reply; returns its messages and how it ended. `leave` is called after the first of them. */
async function read(bytes: Buffer, leave: (end: AbortController) => void = () => {}): Promise<unknown[]> {
  await using server = await startRaw(bytes);
  await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol: "grpc", retry: false });
  const end = new AbortController();
  const told: unknown[] = [];
  const onTrailer = (trailer: Headers) => void told.push(trailer.get("grpc-status"));
  try {
    const messages = createClient(Greeter, transport).sayHelloStream({}, { signal: end.signal, onTrailer });
    for await (const { message } of messages) {
      told.push(message);
      if (told.length === 1) leave(end);
    }
  } catch (reason) {
    told.push(ConnectError.from(reason).code);
  }
  return told;
}

test("messages that came at once are read in their order, with the reply's end behind them", async () => {
  assert.deepEqual(await read(reply(greetings, "0")), ["a", "b", "c", "0"]);
});

test("an error behind messages is told behind them", async () => {
  assert.deepEqual(await read(reply(greetings, String(Code.Aborted))), ["a", "b", "c", Code.Aborted]);
});

test("a message that cannot be read ends the reply with an error, in its place", async () => {
  const [first = unreadable, ...more] = greetings;
  assert.deepEqual(await read(reply([first, unreadable, ...more], "0")), ["a", Code.Internal]);
});

test("messages that have come are not told once the call was given up", async () => {
  assert.deepEqual(await read(reply(greetings, "0"), end => end.abort()), ["a", Code.Canceled]);
});
