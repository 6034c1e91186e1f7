import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { createReflectionIndex, type ReflectedFile } from "./reflection-index.ts";

const directory = "concierge/directory/v1/directory.proto";

/** A file and all it imports, decoded, imports first. */
function decode(file: ReflectedFile | undefined, seen = new Map<string, FileDescriptorProto>()) {
  for (const dependency of file?.dependencies ?? []) decode(dependency, seen);
  if (file) seen.set(file.name, fromBinary(FileDescriptorProtoSchema, file.bytes));
  return [...seen.values()];
}

test("services are listed by full name, sorted", () => {
  const { services } = createReflectionIndex([Greeter, DirectoryService, HelloworldGreeter]);
  assert.deepEqual(services, ["Greeter", "concierge.directory.v1.DirectoryService", "greeter.Greeter"]);
});

test("a file is found by its name, and so is what it imports", () => {
  const index = createReflectionIndex([DirectoryService]);
  for (const name of [
    directory,
    "buf/validate/validate.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/timestamp.proto",
  ]) {
    assert.equal(index.file(name)?.name, name);
  }
  assert.equal(index.file("greeter/greeter.proto"), undefined);
});

test("a file is found by the full name of whatever it declares", () => {
  const index = createReflectionIndex([DirectoryService, Greeter, HelloworldGreeter]);
  for (const [symbol, file] of [
    ["concierge.directory.v1.DirectoryService", directory],
    ["concierge.directory.v1.DirectoryService.GetUser", directory],
    ["concierge.directory.v1.User", directory],
    ["concierge.directory.v1.User.email", directory],
    ["concierge.directory.v1.Role", directory],
    ["concierge.directory.v1.ROLE_ADMIN", directory],
    ["buf.validate.field", "buf/validate/validate.proto"],
    ["buf.validate.FieldRules.type", "buf/validate/validate.proto"],
    ["google.protobuf.FieldDescriptorProto.Type", "google/protobuf/descriptor.proto"],
    ["google.protobuf.FieldDescriptorProto.TYPE_BYTES", "google/protobuf/descriptor.proto"],
    ["google.protobuf.DescriptorProto.ExtensionRange.start", "google/protobuf/descriptor.proto"],
    ["Greeter.SayHello", "helloworld.proto"],
    ["HelloRequest", "helloworld.proto"],
    ["greeter.HelloRequest", "greeter/greeter.proto"],
  ] as const) {
    assert.equal(index.fileOfSymbol(symbol)?.name, file, symbol);
  }
  for (const symbol of [
    "",
    "greeter",
    "greeter.Greeter.Wave",
    ".greeter.Greeter",
    "concierge.directory.v1.Role.ROLE_ADMIN",
  ]) {
    assert.equal(index.fileOfSymbol(symbol), undefined, symbol);
  }
});

test("extensions are found by type and number", () => {
  const index = createReflectionIndex([DirectoryService]);
  assert.equal(index.fileOfExtension("google.protobuf.FieldOptions", 1159)?.name, "buf/validate/validate.proto");
  assert.equal(index.fileOfExtension("google.protobuf.FieldOptions", 1160), undefined);
  assert.deepEqual(index.extensionNumbers("google.protobuf.FieldOptions"), [1159]);
  assert.deepEqual(index.extensionNumbers("concierge.directory.v1.User"), []);
  assert.equal(index.extensionNumbers("no.Such"), undefined);
});

test("what is served links into a pool, with custom options as they were declared", () => {
  const index = createReflectionIndex([DirectoryService]);
  const files = decode(index.file(directory));
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
  assert.equal(registry.getService(DirectoryService.typeName)?.methods.length, DirectoryService.methods.length);
  const served = files.find(({ name }) => name === directory);
  assert.deepEqual(served?.dependency, DirectoryService.file.proto.dependency);
  const declared = DirectoryService.file.proto.messageType.flatMap(({ field }) => field.map(({ options }) => options));
  const options = served?.messageType.flatMap(({ field }) => field.map(({ options }) => options)) ?? [];
  assert.ok(options.some(option => option?.$unknown?.some(({ no }) => no === 1159)));
  assert.deepEqual(options, declared);
});

test("files that cannot be in one pool are refused", () => {
  const file = { name: "a.proto", syntax: "proto3", service: [{ name: "A" }] };
  function service(init: object) {
    const set = create(FileDescriptorSetSchema, { file: [{ ...file, ...init }] });
    const found = createFileRegistry(set).getService("A");
    assert.ok(found);
    return found;
  }
  assert.doesNotThrow(() => createReflectionIndex([service({}), service({})]));
  assert.throws(() => createReflectionIndex([service({}), service({ messageType: [{ name: "M" }] })]), {
    message: 'two proto files that differ are named "a.proto"',
  });
  assert.throws(() => createReflectionIndex([service({}), service({ name: "b.proto" })]), {
    message: '"A" is declared in "a.proto" and in "b.proto"',
  });
});
