import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, ListValueSchema } from "@bufbuild/protobuf/wkt";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { HealthListResponseSchema } from "../../gen/grpc/health/v1/health_pb.ts";
import { createCountItems } from "./count-items.ts";

test("items of lists and entries of maps are counted at any depth", () => {
  const file = create(FileDescriptorProtoSchema, {
    dependency: ["a", "b"],
    messageType: [{ field: [{}, {}, {}], nestedType: [{ field: [{}] }] }, {}],
  });
  assert.equal(createCountItems(FileDescriptorProtoSchema)(file, 100), 2 + 2 + 3 + 1 + 1);
  const statuses = create(HealthListResponseSchema, { statuses: { a: {}, b: {} } });
  assert.equal(createCountItems(HealthListResponseSchema)(statuses, 100), 2);
  const values = [{ kind: { case: "listValue", value: { values: [{}, {}] } } }, { kind: { case: "structValue" } }];
  const list = create(ListValueSchema, { values } as MessageInitShape<typeof ListValueSchema>);
  assert.equal(createCountItems(ListValueSchema)(list, 100), 4);
});

test("counting stops at the bound", () => {
  const file = create(FileDescriptorProtoSchema, { dependency: Array<string>(50).fill("a"), messageType: [{}] });
  assert.equal(createCountItems(FileDescriptorProtoSchema)(file, 10), 50);
});

test("a type without lists and maps has none", () => {
  const { createUser } = DirectoryService.method;
  assert.equal(createCountItems(createUser.input)(create(createUser.input, { user: { name: "Ada" } }), 0), 0);
});
