import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, type Message, toJsonString } from "@bufbuild/protobuf";
import {
  AnySchema,
  FileDescriptorProtoSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  TypeSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import {
  ListUsersResponseSchema,
  Role,
  SubscribeResponseSchema,
  UserSchema,
} from "../gen/concierge/directory/v1/directory_pb.ts";
import { HelloReplySchema, HelloRequestSchema } from "../gen/greeter/greeter_pb.ts";
import { createEncodeJson } from "./encode-json.ts";
import { createDice, generate } from "./messages.fixture.ts";

const schemas: readonly DescMessage[] = [
  HelloRequestSchema,
  HelloReplySchema,
  UserSchema,
  ListUsersResponseSchema,
  SubscribeResponseSchema,
  // Proto2: presence, oneofs and lists of every scalar.
  ...[rules.BoolRulesSchema, rules.BytesRulesSchema, rules.DoubleRulesSchema, rules.EnumRulesSchema],
  ...[rules.Int32RulesSchema, rules.Int64RulesSchema, rules.StringRulesSchema],
  ...[rules.UInt32RulesSchema, rules.UInt64RulesSchema],
];

/** What protobuf-es writes; undefined where it throws. */
function expected(schema: DescMessage, message: Message): string | undefined {
  try {
    return toJsonString(schema, message);
  } catch {
    return undefined;
  }
}

for (const schema of schemas) {
  test(`${schema.typeName} is written as protobuf-es writes it`, () => {
    const encode = createEncodeJson(schema);
    assert.ok(encode);
    const dice = createDice(schema.typeName.length * 7919);
    let written = 0;
    for (let round = 0; round < 200; round++) {
      const message = generate(schema, dice);
      const text: string | undefined = encode(message);
      // What is left to protobuf-es may be what it refuses, such as a time of no year.
      if (text === undefined) continue;
      written++;
      assert.equal(text, expected(schema, message));
    }
    assert.ok(written > 20, String(written));
  });
}

test("texts are escaped as JSON.stringify does, and those that are no Unicode are left to protobuf-es", () => {
  const encode = createEncodeJson(HelloReplySchema);
  const all = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).join("");
  for (const message of [all, '"\\/\b\f\n\r\t', "\u2028\u2029\ufeff\uffff", "💡 Zoë", "x".repeat(10_000)]) {
    const reply = create(HelloReplySchema, { message });
    assert.equal(encode?.(reply), toJsonString(HelloReplySchema, reply));
  }
  assert.equal(encode?.(create(HelloReplySchema, { message: "\ud800" })), undefined);
});

test("times are written as protobuf-es writes them, to the nanosecond, and those beyond year 9999 are left to it", () => {
  const encode = createEncodeJson(UserSchema);
  const dice = createDice(20_261_129);
  const first = -62_135_596_800;
  const last = 253_402_300_799;
  const seconds = [first, first + 1, -86_401, -86_400, -1, 0, 1, 59, 60, 3599, 3600, 86_399, 86_400, 951_782_400, last];
  for (let n = 0; n < 2000; n++) seconds.push(first + dice(2 ** 31 - 1) * 146 + dice(86_400));
  for (const [n, second] of seconds.entries()) {
    const nanos = [0, 1, 1000, 1_000_000, 120_000_000, 999_000_000, 999_999_999, dice(999_999_999)][n % 8] as number;
    const user = create(UserSchema, { createTime: { seconds: BigInt(second), nanos } });
    assert.equal(encode?.(user), toJsonString(UserSchema, user), `${second}.${nanos}`);
  }
  for (const [second, nanos] of [
    [first - 1, 0],
    [last + 1, 0],
    [0, -1],
    [0, 1_000_000_000],
    [0, 1.5],
  ] as const) {
    const user = create(UserSchema, { createTime: { seconds: BigInt(second), nanos } });
    assert.equal(encode?.(user), undefined, `${second}.${nanos}`);
  }
});

test("a time that is all of a message is a text", () => {
  const time = create(TimestampSchema, { seconds: 1n, nanos: 5000 });
  assert.equal(createEncodeJson(TimestampSchema)?.(time), toJsonString(TimestampSchema, time));
});

test("a number of an enum that is unknown is written as it is", () => {
  for (const role of [Role.ADMIN, 77, -1] as Role[]) {
    const user = create(UserSchema, { role });
    assert.equal(createEncodeJson(UserSchema)?.(user), toJsonString(UserSchema, user));
  }
});

test("what is not of its field's type is left to protobuf-es", () => {
  const encode = createEncodeJson(UserSchema);
  const faults: Record<string, object> = {
    "a text that is a number": { name: 1 },
    "a message of another type": { createTime: create(UserSchema) },
    "no message": { createTime: null },
    "a list in the place of a message": { createTime: [] },
    "a time in milliseconds": { createTime: { $typeName: TimestampSchema.typeName, seconds: 1, nanos: 0 } },
    "an enum by name": { role: "ROLE_ADMIN" },
    "a type that is another's": { $typeName: "google.protobuf.Enum" },
    "a number with a fraction": { age: 1.5 },
    "a number beyond 32 bits": { age: 2 ** 31 },
    "a number that is none": { age: Number.NaN },
  };
  for (const [what, fault] of Object.entries(faults)) {
    assert.equal(encode?.({ ...create(UserSchema, { id: "1" }), ...fault } as Message), undefined, what);
  }
  assert.equal(createEncodeJson(ListUsersResponseSchema)?.({ users: "x" } as never), undefined);
});

test("types with maps, required or float fields, or a JSON of their own are left to protobuf-es", () => {
  const left = [StructSchema, ValueSchema, TypeSchema, FileDescriptorProtoSchema, StringValueSchema, AnySchema];
  for (const schema of [...left, rules.FloatRulesSchema, rules.DurationRulesSchema, rules.FieldRulesSchema]) {
    assert.equal(createEncodeJson(schema), undefined, schema.typeName);
  }
});
