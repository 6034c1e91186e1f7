import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { envelope } from "./call.ts";
import { GrpcConnection } from "./grpc-connection.ts";

/** Calls a server that answers as told, and collects what arrives until the stream is over. */
async function answered(t: TestContext, answer: (stream: ServerHttp2Stream) => unknown): Promise<string[]> {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    answer(stream);
  });
  await once(server, "listening");
  const connection = await GrpcConnection.open((server.address() as AddressInfo).port);
  const got: string[] = [];
  await new Promise<void>(resolve => {
    connection.call("/a.B/C", Buffer.from("hello"), {
      message: (bytes, start, end) => got.push(bytes.toString("latin1", start, end)),
      ended: resolve,
    });
  });
  await connection.close();
  return got;
}

test("the request arrives whole, and messages are found wherever frames cut them", async t => {
  const long = "x".repeat(100_000);
  const got = await answered(t, async stream => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.deepEqual(Buffer.concat(chunks), envelope(Buffer.from("hello")));
    stream.respond({ ":status": 200 });
    const bytes = Buffer.concat(["", "one", long, "two"].map(text => envelope(Buffer.from(text))));
    for (const [from, to] of [
      [0, 3],
      [3, 11],
      [11, 12],
      [12, undefined],
    ] as const) {
      await new Promise(resolve => stream.write(bytes.subarray(from, to), resolve));
    }
    stream.end();
  });
  assert.deepEqual(got, ["", "one", long, "two"]);
});

test("an open call takes messages one after the other, and ends when told", async t => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  await once(server, "listening");
  const connection = await GrpcConnection.open((server.address() as AddressInfo).port);
  const got: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const id = connection.open("/a.B/C", {
    message(bytes, start, end) {
      got.push(bytes.toString("latin1", start, end));
      if (got.length === 1) connection.send(id, envelope(Buffer.from("two")), true);
    },
    ended: resolve,
  });
  connection.send(id, envelope(Buffer.from("one")));
  await promise;
  assert.deepEqual(got, ["one", "two"]);
  await connection.close();
});

test("a stream is over with its headers, where it is reset, and where its connection is lost", async t => {
  assert.deepEqual(await answered(t, stream => stream.respond({ ":status": 200 }, { endStream: true })), []);
  assert.deepEqual(await answered(t, stream => stream.close(2)), []);
  assert.deepEqual(await answered(t, stream => stream.session?.destroy()), []);
});

test("no more calls are under way than the server takes", async t => {
  const server = createServer({ settings: { maxConcurrentStreams: 2 } }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  const held: ServerHttp2Stream[] = [];
  const answerAll = () => {
    for (const stream of held.splice(0)) stream.respond({ ":status": 200 }, { endStream: true });
  };
  let most = 0;
  server.on("stream", (stream: ServerHttp2Stream) => {
    most = Math.max(most, held.push(stream));
    if (held.length === 2) setImmediate(answerAll);
  });
  await once(server, "listening");
  const connection = await GrpcConnection.open((server.address() as AddressInfo).port);
  const calls = Array.from(
    { length: 6 },
    () => new Promise<void>(resolve => connection.call("/a.B/C", Buffer.from("hi"), { message() {}, ended: resolve })),
  );
  await Promise.all(calls);
  assert.equal(most, 2);
  await connection.close();
});
