import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { everyDescriptors } from "../form/every-kind.fixture.ts";
import { readSchema } from "./schema.ts";
import { searchMethods } from "./search.ts";

const schema = readSchema(readFileSync(new URL("../../../../gen/descriptors.binpb", import.meta.url)));

function found(query: string): string[] {
  return searchMethods(schema.methods.values(), query).map(({ path }) => path);
}

test("a method has what its contract says: comment, kind, role, REST paths, examples", () => {
  const method = schema.methods.get("concierge.directory.v1.DirectoryService/GetUser") ?? assert.fail();
  const { kind, role, self, safe, comment, bindings, examples } = method;
  assert.deepEqual([kind, role, self, safe], ["unary", "viewer", true, true]);
  assert.match(comment, /^Answers one user/);
  assert.deepEqual(
    bindings.map(({ verb, template }) => `${verb} ${template}`),
    ["GET /v1/users/{id}", "GET /v1/users:lookup"],
  );
  assert.deepEqual(examples[0], { ...examples[0], summary: "By id", request: '{"id":"1"}' });
  const create = schema.methods.get("concierge.directory.v1.DirectoryService/CreateUser");
  assert.equal(create?.requestIdField, "request_id");
  assert.deepEqual(create.bindings[0], { verb: "POST", template: "/v1/users", body: "user", responseBody: "" });
});

test("services of every host come last", () => {
  const names = schema.services.map(({ name }) => name);
  assert.ok(names.indexOf("grpc.health.v1.Health") > names.indexOf("techoral.users.v1.UserService"));
});

test("contracts without policies, rules and comments are read as well", () => {
  const [method] = readSchema(everyDescriptors).methods.values();
  assert.deepEqual(
    [method?.path, method?.role, method?.comment, method?.bindings, method?.examples],
    ["every.v1.EveryService/Echo", undefined, "", [], []],
  );
});

test("bytes that are no descriptors are refused", () => {
  assert.throws(() => readSchema(new Uint8Array([0xff, 0xff])));
});

test("a method is found by its name, its path, its REST path, its comment and its letters", () => {
  assert.equal(found("undelete")[0], "concierge.directory.v1.DirectoryService/UndeleteUser");
  assert.equal(found("greeter.greeter sayhellos")[0], "greeter.Greeter/SayHelloStream");
  assert.ok(found("/v1/users:export").includes("concierge.directory.v1.DirectoryService/ExportUsers"));
  assert.ok(found("chat room").includes("UserService/StreamUsers"));
  assert.ok(found("bgu").includes("concierge.directory.v1.DirectoryService/BatchGetUsers"));
  assert.deepEqual(found("xyzzy"), []);
  assert.equal(found("").length, schema.methods.size);
});
