import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { HandlerContext } from "@connectrpc/connect";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createBinaryCodec } from "../../protocol/codec.ts";
import { type Encoding, encodings } from "../../protocol/encodings.ts";
import { readMessage } from "./read-message.ts";

const { input, output } = Greeter.method.sayHello;
const codec = createBinaryCodec(input, output);
const limit = 4 * 1024 * 1024;
/** More than a message may be, in a few bytes. */
const plain = Buffer.alloc(8 * 1024 * 1024);
const bombs = { gzip: gzipSync(plain), br: brotliCompressSync(plain) };

/** Messages that a turn of the loop may try, each of which takes a millisecond at least. */
const most = 3;

for (const { name, decompressShort, ...others } of encodings) {
  test(`${name}: messages that turn out to be long are tried a few in a turn of the event loop`, async () => {
    let tried = 0;
    const counted: Encoding = {
      ...others,
      name,
      decompressShort(bytes, limit) {
        tried++;
        return decompressShort(bytes, limit);
      },
      // What the thread pool does is not looked at.
      decompressLong: async () => {
        throw new Error("too long");
      },
    };
    const options = { codec, encoding: counted, limit, stream: false, inflationLimit: undefined };
    const context = {} as HandlerContext;
    const messages = Array.from({ length: 20 }, async () => readMessage(bombs[name], counted, { ...options, context }));
    const settled = Promise.allSettled(messages);
    const perTurn = [tried];
    for (let seen = tried; tried < messages.length; seen = tried) {
      await setImmediate();
      perTurn.push(tried - seen);
    }
    // Two turns of decoding may come between two looks.
    assert.ok(Math.max(...perTurn) <= 2 * most, perTurn.join(" "));
    for (const { status } of await settled) assert.equal(status, "rejected");
  });
}
