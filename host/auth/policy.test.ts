import assert from "node:assert/strict";
import { test } from "node:test";
import {
  create,
  createFileRegistry,
  type DescFile,
  type DescMethod,
  type DescService,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import { policyOf, readPolicies } from "./policy.ts";

/** `GetUser: viewer+self` for each method. */
function summaryOf(service: DescService) {
  return service.methods.map(method => {
    const policy = policyOf(method);
    return `${method.name}: ${policy?.access}${policy?.self ? "+self" : ""}`;
  });
}

test("the Greeters and health are public, reflection is for who signs in", () => {
  for (const service of [Greeter, HelloworldGreeter, Health]) {
    for (const method of service.methods) assert.deepEqual(policyOf(method), { access: "public", self: false });
  }
  assert.deepEqual(summaryOf(ServerReflection), ["ServerReflectionInfo: signed-in"]);
  for (const access of ["public", "signed-in"] as const) {
    const policies = readPolicies(ServerReflection.methods, access);
    assert.deepEqual([...policies.values()], [{ access, self: false }]);
  }
});

test("viewers read, editors write, admins delete and read all events", () => {
  assert.deepEqual(summaryOf(UserService), [
    "GetUser: public",
    "ListUsers: viewer",
    "BulkCreateUsers: editor",
    "WatchUserEvents: admin+self",
    "CreateUser: editor",
  ]);
  assert.deepEqual(summaryOf(DemoUserService), [
    "GetUser: viewer+self",
    "ListUsers: viewer",
    "CreateUser: editor",
    "BatchCreateUsers: editor",
    "StreamUsers: viewer",
  ]);
  assert.deepEqual(summaryOf(DirectoryService), [
    "GetUser: viewer+self",
    "BatchGetUsers: viewer",
    "ListUsers: viewer",
    "ExportUsers: viewer",
    "CreateUser: editor",
    "UpdateUser: editor",
    "DeleteUser: admin",
    "UndeleteUser: editor",
    "ImportUsers: editor",
    "ReportEvent: editor",
    "Subscribe: admin+self",
    "Watch: admin+self",
  ]);
});

/** The files that a file imports, directly or not, each after its own imports. */
function importsOf({ dependencies }: DescFile): FileDescriptorProto[] {
  return dependencies.flatMap(file => [...importsOf(file), file.proto]);
}

/** A method's copy in a contract from which `change` took something. */
function changed(method: DescMethod, change: (file: FileDescriptorProto) => void): DescMethod {
  const { file } = method.parent;
  const proto = fromBinary(FileDescriptorProtoSchema, toBinary(FileDescriptorProtoSchema, file.proto));
  change(proto);
  const set = create(FileDescriptorSetSchema, { file: [...importsOf(file), proto] });
  const service = createFileRegistry(set).getService(method.parent.typeName);
  const copy = service?.methods.find(({ name }) => name === method.name);
  assert.ok(copy);
  return copy;
}

test("each method whose policy is removed is named, whichever it is", () => {
  for (const service of [Greeter, UserService]) {
    for (const method of service.methods) {
      assert.equal(readPolicies([method]).size, 1);
      const bare = changed(method, file => {
        for (const { method: methods } of file.service) for (const each of methods) delete each.options;
      });
      assert.throws(() => readPolicies([...Health.methods, bare]), {
        name: "PolicyError",
        message: `${service.typeName}/${method.name}: has no policy; state who may call it in its contract`,
      });
    }
  }
});
