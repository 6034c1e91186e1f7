import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { HealthListResponseSchema } from "../gen/grpc/health/v1/health_pb.ts";
import { createCountBinary } from "./count-binary.ts";

const countFile = createCountBinary(FileDescriptorProtoSchema);

function refused(run: () => unknown, text: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, text);
    return true;
  });
}

test("fields and items count as one, messages as two, at any depth", () => {
  const file = create(FileDescriptorProtoSchema, {
    name: "a.proto",
    dependency: ["b", "c"],
    messageType: [{ name: "M", field: [{ name: "f", number: 1 }] }],
  });
  const bytes = toBinary(FileDescriptorProtoSchema, file);
  assert.equal(countFile(bytes, 100), 3 + (2 + 1) + (2 + 2));
  const entry = create(HealthListResponseSchema, { statuses: { a: { status: 1 } } });
  const count = createCountBinary(HealthListResponseSchema)(toBinary(HealthListResponseSchema, entry), 100);
  // The entry, its key, its value, and what is in it.
  assert.equal(count, 2 + 1 + 2 + 1);
});

test("counting stops at the bound, and names the field", () => {
  const dependencies = Buffer.alloc(200, Buffer.from([0x1a, 0]));
  assert.equal(countFile(dependencies, 100), 100);
  refused(() => countFile(dependencies, 99), /more than 99 fields, list items and messages, up to one in dependency$/);
  const unknown = Buffer.alloc(200, Buffer.from([0xf8, 0x7f, 1, 0xf8, 0x7f, 1]));
  refused(() => countFile(unknown, 10), /more than 10 fields, list items and messages$/);
});

test("what is packed is not counted", () => {
  // public_dependency, 50 of them.
  assert.equal(countFile(Buffer.from([0x52, 50, ...Array<number>(50).fill(1)]), 10), 1);
});

test("messages and groups are nested a hundred deep, and no deeper", () => {
  function nested(depth: number): Buffer {
    let bytes = Buffer.alloc(0);
    // DescriptorProto.nested_type, and FileDescriptorProto.message_type around it.
    for (let n = depth; n > 1; n--)
      bytes = Buffer.concat([Buffer.from([n === 2 ? 0x22 : 0x1a, ...length(bytes)]), bytes]);
    return bytes;
  }
  const length = ({ length }: Buffer) => (length < 128 ? [length] : [(length & 127) | 128, length >> 7]);
  assert.equal(countFile(nested(100), 1000), 2 * 99);
  refused(() => countFile(nested(101), 1000), /nested more than 100 deep/);
  refused(() => countFile(Buffer.alloc(4_000_000, 0x0b), 10_000), /nested more than 100 deep/);
});

test("what is no message ends the count", () => {
  for (const bytes of [
    [0x0a],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1],
    [0x07, 1, 2],
    Array(30).fill(0xff),
    [0x09, 1],
  ]) {
    assert.ok(countFile(Buffer.from(bytes), 100) <= 1);
  }
});
