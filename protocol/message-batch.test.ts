import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Greeter, HelloReplySchema } from "../gen/greeter/greeter_pb.ts";
import { createBinaryCodec } from "./codec.ts";
import { envelop } from "./envelope.ts";
import { MessageBatch } from "./message-batch.ts";
import { preEncode } from "./pre-encode.ts";

const { input, output } = Greeter.method.sayHello;
const codec = createBinaryCodec(input, output);

const marked = preEncode(HelloReplySchema, { message: "for all" });
const own = create(HelloReplySchema, { message: "for one" });
const ready = codec.serialize(create(HelloReplySchema, { message: "as it came" }));

type Step = (batch: MessageBatch) => Uint8Array;

/** Adds a message in one way, and returns what it is to come to. */
const steps: Readonly<Record<string, Step>> = {
  marked(batch) {
    if (!batch.encode(codec, marked)) batch.add(0, codec.serialize(marked));
    return envelop(0, codec.serialize(marked));
  },
  own(batch) {
    if (!batch.encode(codec, own)) batch.add(0, codec.serialize(own));
    return envelop(0, codec.serialize(own));
  },
  ready(batch) {
    batch.add(1, ready);
    return envelop(1, ready);
  },
};

test("Messages that are marked, encoded or added as they came stand in their order, however they are mixed", () => {
  const names = Object.keys(steps);
  for (let mix = 0; mix < names.length ** 4; mix++) {
    const mixed = [1, 3, 9, 27].map(place => names[Math.floor(mix / place) % names.length] as string);
    const batch = new MessageBatch();
    const expected = Buffer.concat(mixed.map(name => (steps[name] as Step)(batch)));
    assert.equal(batch.size, expected.length, mixed.join());
    assert.ok(expected.equals(batch.take() ?? Buffer.alloc(0)), mixed.join());
    assert.equal(batch.take(), undefined);
  }
});

test("A marked message that waits alone is not copied for each stream", () => {
  const [one, other] = [new MessageBatch(), new MessageBatch()];
  for (const batch of [one, other]) assert.ok(batch.encode(codec, marked));
  assert.equal(one.take(), other.take());
});
