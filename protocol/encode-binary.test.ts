import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, StructSchema, TimestampSchema, TypeSchema } from "@bufbuild/protobuf/wkt";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { ListUsersResponseSchema, SubscribeResponseSchema } from "../gen/concierge/directory/v1/directory_pb.ts";
import { HelloReplySchema, HelloRequestSchema } from "../gen/greeter/greeter_pb.ts";
import { ByteTarget } from "./byte-target.ts";
import { createEncodeBinary } from "./encode-binary.ts";
import { createDice, generate } from "./messages.fixture.ts";

const schemas: readonly DescMessage[] = [
  HelloRequestSchema,
  HelloReplySchema,
  ListUsersResponseSchema,
  SubscribeResponseSchema,
  TypeSchema,
  // Proto2: presence, oneofs and lists of every scalar, which are not packed.
  ...[rules.BoolRulesSchema, rules.BytesRulesSchema, rules.DoubleRulesSchema, rules.EnumRulesSchema],
  ...[rules.Int32RulesSchema, rules.Int64RulesSchema, rules.StringRulesSchema],
  ...[rules.UInt32RulesSchema, rules.UInt64RulesSchema],
];

for (const schema of schemas) {
  test(`${schema.typeName} is written as protobuf-es writes it, behind what is there`, () => {
    const encode = createEncodeBinary(schema);
    assert.ok(encode);
    const dice = createDice(schema.typeName.length * 7919);
    const target = new ByteTarget(16);
    for (let round = 0; round < 40; round++) {
      const expected: Uint8Array[] = [];
      for (let n = dice(4) + 1; n > 0; n--) {
        const message = generate(schema, dice);
        expected.push(toBinary(schema, message));
        assert.equal(encode(message, target), true);
      }
      assert.deepEqual(Buffer.from(target.take()), Buffer.concat(expected));
    }
  });
}

test("texts and messages of each length around where their own length grows are written alike", () => {
  const encode = createEncodeBinary(TypeSchema);
  assert.ok(encode);
  const target = new ByteTarget();
  for (const length of [1, 60, 64, 65, 120, 121, 122, 127, 128, 129, 16_379, 16_384, 2_097_151, 2_097_152]) {
    for (const letter of ["x", "ü", "\ud800"]) {
      const message = create(TypeSchema, { name: "t", fields: [{ name: letter.repeat(length) }, { name: "last" }] });
      assert.equal(encode(message, target), true);
      assert.deepEqual(Buffer.from(target.take()), Buffer.from(toBinary(TypeSchema, message)), `${length} ${letter}`);
    }
  }
});

test("what protobuf-es has to write or to refuse leaves nothing behind", () => {
  const encode = createEncodeBinary(TypeSchema);
  assert.ok(encode);
  const name = "written before the fault";
  const faults: Record<string, object> = {
    "a text that is a number": { fields: [{ $typeName: "google.protobuf.Field", name: 1 }] },
    "a list that is none": { fields: "x" },
    "a message of another type": { sourceContext: create(TimestampSchema) },
    "no message": { sourceContext: null },
    "unknown fields": { $unknown: [{ no: 99, wireType: 0, data: new Uint8Array([1]) }] },
    "a type that is another's": { $typeName: "google.protobuf.Enum" },
  };
  for (const [what, fault] of Object.entries(faults)) {
    const target = new ByteTarget();
    target.append(Buffer.from("before"));
    const message = { ...create(TypeSchema, { name, syntax: 1 }), ...fault };
    assert.equal(encode(message as Message, target), false, what);
    assert.equal(Buffer.from(target.take()).toString(), "before", what);
  }
  for (const age of [1.5, 2 ** 31, "1", 1n]) {
    const message = { ...create(HelloRequestSchema, { name }), age };
    assert.equal(createEncodeBinary(HelloRequestSchema)?.(message as never, new ByteTarget()), false, String(age));
  }
});

test("types with maps, required or float fields are left to protobuf-es", () => {
  for (const schema of [StructSchema, FileDescriptorProtoSchema, rules.FloatRulesSchema]) {
    assert.equal(createEncodeBinary(schema), undefined, schema.typeName);
  }
});

test("what was taken stays as it is while more is written", () => {
  const target = new ByteTarget(64);
  const taken: Uint8Array[] = [];
  for (let n = 0; n < 50; n++) {
    target.append(Buffer.alloc(n, n));
    taken.push(target.take());
  }
  for (const [n, bytes] of taken.entries()) assert.deepEqual(Buffer.from(bytes), Buffer.alloc(n, n));
});
