import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescField, type DescMessage, type Message, ScalarType, toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema, StructSchema, TimestampSchema, TypeSchema } from "@bufbuild/protobuf/wkt";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { ListUsersResponseSchema, SubscribeResponseSchema } from "../gen/concierge/directory/v1/directory_pb.ts";
import { HelloReplySchema, HelloRequestSchema } from "../gen/greeter/greeter_pb.ts";
import { ByteTarget } from "./byte-target.ts";
import { createEncodeBinary } from "./encode-binary.ts";

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

const texts = ["", "a", "Grüße, Ada", "💡", "x".repeat(63), "é".repeat(64), "x".repeat(300)];
const numbers: Readonly<Partial<Record<ScalarType, readonly unknown[]>>> = {
  [ScalarType.STRING]: texts,
  [ScalarType.BYTES]: [new Uint8Array(0), new Uint8Array([0, 255]), new Uint8Array(200).fill(7)],
  [ScalarType.BOOL]: [false, true],
  [ScalarType.INT32]: [0, 1, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31)],
  [ScalarType.UINT32]: [0, 1, 127, 128, 2 ** 28, 2 ** 32 - 1],
  [ScalarType.INT64]: [0n, 1n, -1n, 2n ** 31n, 2n ** 32n + 5n, 2n ** 63n - 1n, -(2n ** 63n)],
  [ScalarType.UINT64]: [0n, 127n, 128n, 2n ** 35n, 2n ** 64n - 1n],
  [ScalarType.DOUBLE]: [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
};

/** Numbers below `below`, the same in each run. */
function createDice(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647 || 1;
    return state % below;
  };
}

/** A message with some of its fields set. */
function generate(schema: DescMessage, dice: (below: number) => number, depth = 0): Message {
  const message = create(schema);
  const seen = reflect(schema, message);
  function anyOf(field: DescField): unknown {
    if (field.message) return reflect(field.message, generate(field.message, dice, depth + 1));
    if (field.enum) return field.enum.values[dice(field.enum.values.length)]?.number;
    const values = numbers[field.scalar as ScalarType] ?? [];
    return values[dice(values.length)];
  }
  for (const field of schema.fields) {
    if (dice(3) === 0 || (field.message && depth > 2)) continue;
    if (field.fieldKind === "list") {
      const list = seen.get(field);
      for (let n = dice(4); n > 0; n--) list.add(anyOf(field));
    } else if (field.fieldKind !== "map") seen.set(field, anyOf(field) as never);
  }
  return message;
}

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
