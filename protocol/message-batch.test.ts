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

test("Marked messages are not copied for each stream that sends the same ones", () => {
  const other = preEncode(HelloReplySchema, { message: "for all, too" });
  function take(...messages: readonly (typeof marked)[]): Uint8Array | undefined {
    const batch = new MessageBatch();
    for (const message of messages) assert.ok(batch.encode(codec, message));
    return batch.take();
  }
  assert.equal(take(marked), take(marked));
  const both = take(marked, other);
  assert.equal(take(marked, other), both);
  const envelopes = [marked, other].map(message => envelop(0, codec.serialize(message)));
  assert.ok(Buffer.concat(envelopes).equals(both ?? Buffer.alloc(0)));
  assert.ok(Buffer.concat(envelopes.toReversed()).equals(take(other, marked) ?? Buffer.alloc(0)));
  assert.ok(Buffer.concat([...envelopes, ...envelopes]).equals(take(marked, other, marked, other) ?? Buffer.alloc(0)));
});
