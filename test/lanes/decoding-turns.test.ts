import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { envelop } from "../../protocol/envelope.ts";
import { serveGreeter } from "./greeter-server.ts";
import { connect, open, replyOf } from "./raw-http2.ts";

/** Messages of a call: a hundred KB on the wire at least. */
const messages = 5000;

const hello = toBinary(HelloRequestSchema, { $typeName: "greeter.HelloRequest", name: "Ada", age: 36 });

/** Messages as they are sent, and the most of them that a turn of the loop may take. */
const kinds = {
  plain: { message: envelop(0, hello), encoding: "identity", most: 1024 },
  gzip: { message: envelop(1, gzipSync(hello)), encoding: "gzip", most: 64 },
  brotli: { message: envelop(1, brotliCompressSync(hello)), encoding: "br", most: 64 },
} as const;

for (const [name, { message, encoding, most }] of Object.entries(kinds)) {
  test(`${name}: a stream of tiny messages lets the event loop turn`, async () => {
    const counts: number[] = [];
    let count = 0;
    await using server = await serveGreeter({
      async sayHelloToMany(requests) {
        for await (const _ of requests) {
          if (count++ > 0) continue;
          setImmediate(() => {
            counts.push(count);
            count = 0;
          });
        }
        return {};
      },
    });
    await using session = connect(server.url);
    const stream = open(session, "SayHelloToMany", { "grpc-encoding": encoding });
    stream.end(Buffer.concat(Array<Uint8Array>(messages).fill(message)));
    const { trailers } = await replyOf(stream);
    assert.equal(trailers["grpc-status"], "0");
    assert.equal(
      counts.reduce((sum, one) => sum + one, 0),
      messages,
    );
    // Two turns of decoding may come between two looks.
    assert.ok(Math.max(...counts) <= 2 * most + 2, `${Math.max(...counts)} messages without a turn of the loop`);
  });
}
