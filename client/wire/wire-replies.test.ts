import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Greeter, HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import { serve } from "../../host/served.ts";
import { endHeaders, endStream, frame, framesOf, literal, preface, types } from "../../test/support/frames.ts";
import { startHost } from "../../test/support/service-host.ts";
import { startTcp } from "../../test/support/tcp-server.ts";
import type { Protocol } from "../protocol.ts";
import { createWireTransport } from "./transport.ts";

/** A server that greets each connection's first request with bytes of the test's. */
function startRaw(onRequest: (socket: Socket, connection: number) => void) {
  return startTcp((socket, connection) => {
    socket.write(frame(types.settings, 0, 0));
    let received = Buffer.alloc(0);
    let isAsked = false;
    socket.on("data", bytes => {
      received = Buffer.concat([received, bytes as Buffer]);
      if (isAsked || received.length < preface.length) return;
      isAsked = framesOf(received.subarray(preface.length)).some(({ flags, stream, type }) => {
        return stream === 1 && (flags & endStream) !== 0 && (type === types.data || type === types.headers);
      });
      if (isAsked) onRequest(socket, connection);
    });
  });
}

const message = toBinary(HelloReplySchema, create(HelloReplySchema, { message: "hello", serverId: "vm" }));
const envelope = (flags: number, data: Uint8Array) => Buffer.concat([Buffer.from([flags, 0, 0, 0, data.length]), data]);
const data = (flags: number, body: Uint8Array) => frame(types.data, flags, 1, body);
function headers(flags: number, fields: Record<string, string>, status = true) {
  const block = Object.entries(fields).map(([name, value]) => literal(name, value));
  return frame(
    types.headers,
    endHeaders | flags,
    1,
    Buffer.concat([...(status ? [Buffer.from([0x88])] : []), ...block]),
  );
}

/** A whole reply to a streaming call in each protocol. */
const replies: Readonly<Record<Protocol, Buffer>> = {
  grpc: Buffer.concat([
    headers(0, { "content-type": "application/grpc+proto" }),
    data(0, envelope(0, message)),
    headers(endStream, { "grpc-status": "0" }, false),
  ]),
  "grpc-web": Buffer.concat([
    headers(0, { "content-type": "application/grpc-web+proto" }),
    data(0, envelope(0, message)),
    data(endStream, envelope(0x80, Buffer.from("grpc-status: 0\r\n"))),
  ]),
  connect: Buffer.concat([
    headers(0, { "content-type": "application/connect+proto" }),
    data(0, envelope(0, message)),
    data(endStream, envelope(2, Buffer.from("{}"))),
  ]),
};

for (const [protocol, reply] of Object.entries(replies)) {
  test(`a reply that ends at any byte before its last is never whole, over ${protocol}`, async () => {
    let cutAt = 0;
    await using server = await startRaw(socket => void socket.end(reply.subarray(0, cutAt)));
    const kinds = protocol === "connect" ? ["stream"] : ["stream", "unary"];
    for (const kind of kinds) {
      for (cutAt = 0; cutAt <= reply.length; cutAt++) {
        const options = { baseUrl: server.baseUrl, protocol: protocol as Protocol, retry: false } as const;
        await using transport = createWireTransport(options);
        const greeter = createClient(Greeter, transport);
        const call = kind === "unary" ? greeter.sayHello({}) : Array.fromAsync(greeter.sayHelloStream({}));
        const outcome = await call.then(
          () => "whole",
          reason => ConnectError.from(reason).code,
        );
        assert.equal(outcome, cutAt === reply.length ? "whole" : Code.Unavailable, `${kind} cut at ${cutAt}`);
      }
    }
  });
}

test("a unary reply over Connect that ends before the length that it has stated is lost, as of a server behind a proxy", async () => {
  let body = message;
  const stated = { "content-type": "application/proto", "content-length": String(message.length) };
  await using server = await startRaw(socket => {
    socket.write(Buffer.concat([headers(0, stated), data(endStream, body)]));
  });
  await using transport = createWireTransport({ baseUrl: server.baseUrl, retry: false });
  const greeter = createClient(Greeter, transport);
  assert.equal((await greeter.sayHello({})).message, "hello");
  // Seven bytes are a whole message with one of its fields.
  for (body of [message.subarray(0, 7), new Uint8Array()]) {
    await using other = createWireTransport({ baseUrl: server.baseUrl, retry: false });
    await assert.rejects(createClient(Greeter, other).sayHello({}), {
      code: Code.Unavailable,
      rawMessage: "the connection was lost: protocol error: the body is not as long as its content-length",
    });
  }
});

test("a unary reply over Connect whose compressed body ends before its end is lost, too", async () => {
  for (const [name, whole] of Object.entries({ gzip: gzipSync(message), br: brotliCompressSync(message) })) {
    let body = whole;
    await using server = await startRaw(socket => {
      const coded = headers(0, { "content-type": "application/proto", "content-encoding": name });
      socket.write(Buffer.concat([coded, data(endStream, body)]));
    });
    for (let bytes = 1; bytes <= whole.length; bytes++) {
      body = whole.subarray(0, bytes);
      await using transport = createWireTransport({ baseUrl: server.baseUrl, retry: false });
      const call = createClient(Greeter, transport).sayHello({});
      if (bytes === whole.length) assert.equal((await call).message, "hello");
      else await assert.rejects(call, { code: Code.Unavailable, message: /incomplete compressed message/ }, `${bytes}`);
    }
  }
});

/** GOAWAY without an error, which says that the server has taken streams up to this one. */
function goaway(lastStream: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(lastStream);
  return frame(types.goaway, 0, 0, payload);
}

/** Where the frames of a reply begin, and where the last one ends. */
function bordersOf(reply: Buffer): number[] {
  const borders = [0];
  for (let at = 0; at < reply.length; borders.push(at)) at += 9 + reply.readUIntBE(at, 3);
  return borders;
}

for (const [protocol, reply] of Object.entries(replies)) {
  test(`GOAWAY at any byte of a reply leaves it whole where all of it comes, and never makes it so, over ${protocol}`, async () => {
    let bytes = reply;
    await using server = await startRaw(socket => void socket.end(bytes));
    const borders = bordersOf(reply);
    for (let at = 0; at <= reply.length; at++) {
      const rests = [Buffer.alloc(0), ...(at === reply.length || !borders.includes(at) ? [] : [reply.subarray(at)])];
      for (const rest of rests) {
        bytes = Buffer.concat([reply.subarray(0, at), goaway(1), rest]);
        const options = { baseUrl: server.baseUrl, protocol: protocol as Protocol, retry: false } as const;
        await using transport = createWireTransport(options);
        const isWhole = at + rest.length === reply.length;
        const outcome = await Array.fromAsync(createClient(Greeter, transport).sayHelloStream({})).then(
          messages => messages.length === 1,
          () => false,
        );
        assert.equal(outcome, isWhole, `GOAWAY at ${at}, then ${rest.length} bytes`);
      }
    }
  });
}

test("a call that the server's GOAWAY has left out is made once more, on another connection, without any retries", async () => {
  let leaves = 1;
  await using server = await startRaw((socket, connection) => {
    if (connection <= leaves) socket.end(goaway(0));
    else socket.write(replies.grpc);
  });
  const options = { baseUrl: server.baseUrl, protocol: "grpc", retry: false } as const;
  await using transport = createWireTransport(options);
  assert.equal((await createClient(Greeter, transport).sayHello({})).message, "hello");
  assert.equal(server.connections, 2);
  leaves = 10;
  await using again = createWireTransport(options);
  await assert.rejects(createClient(Greeter, again).sayHello({}), { code: Code.Unavailable });
  assert.equal(server.connections, 4);
});

test("a message that claims to be compressed, and is not, fails the call with INTERNAL", async () => {
  const garbage = Buffer.concat([
    headers(0, { "content-type": "application/grpc+proto", "grpc-encoding": "gzip" }),
    data(0, envelope(1, message)),
    headers(endStream, { "grpc-status": "0" }, false),
  ]);
  await using server = await startRaw(socket => void socket.write(garbage));
  for (const kind of ["unary", "stream"]) {
    await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol: "grpc" });
    const greeter = createClient(Greeter, transport);
    const call = kind === "unary" ? greeter.sayHello({}) : Array.fromAsync(greeter.sayHelloStream({}));
    await assert.rejects(call, { code: Code.Internal, message: /the reply cannot be read: decompression failed/ });
  }
});

test("an error's text that is no percent-encoding is told as it is", async () => {
  const refused = headers(endStream, {
    ...{ "content-type": "application/grpc+proto", "grpc-status": "5" },
    "grpc-message": "100% of it%20is gone",
  });
  await using server = await startRaw(socket => void socket.write(refused));
  await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol: "grpc" });
  await assert.rejects(createClient(Greeter, transport).sayHello({}), {
    code: Code.NotFound,
    rawMessage: "100% of it is gone",
  });
});

test("an error whose details fill 30 KB of trailers is told whole", async () => {
  const value = create(HelloReplySchema, { message: "x".repeat(30_000) });
  const error = new ConnectError("many words", Code.FailedPrecondition, undefined, [{ desc: HelloReplySchema, value }]);
  await using server = await startHost(
    serve(Greeter, {
      sayHello() {
        throw error;
      },
    }),
  );
  await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol: "grpc" });
  const told = ConnectError.from(
    await createClient(Greeter, transport)
      .sayHello({})
      .catch(reason => reason),
  );
  assert.equal(told.code, Code.FailedPrecondition, told.message);
  assert.equal(told.findDetails(HelloReplySchema)[0]?.message.length, 30_000);
});

test("a header that belongs to a connection is refused by its name", async () => {
  await using server = await startRaw(socket => void socket.write(replies.grpc));
  await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol: "grpc", retry: false });
  const call = createClient(Greeter, transport).sayHello({}, { headers: { connection: "close" } });
  await assert.rejects(call, { code: Code.InvalidArgument, message: /header "connection" belongs to a connection/ });
});
