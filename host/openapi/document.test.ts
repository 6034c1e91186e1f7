import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescService, type JsonObject } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readComments } from "../../protocol/comments.ts";
import { compileContract } from "../rest/contract.fixture.ts";
import { readHttpRules } from "../rest/http-rule.ts";
import { createDocument } from "./document.ts";
import type { OpenApiVersion } from "./operation.ts";

function describe(service: DescService, version: OpenApiVersion = "3.2") {
  const document = createDocument({
    version,
    title: "Test",
    apiVersion: "1",
    services: [service],
    bindings: readHttpRules(service.methods),
    comments: readComments(create(FileDescriptorSetSchema, { file: [service.file.proto] })),
    policyOf: () => undefined,
  });
  const { schemas } = document.components as { schemas: Record<string, { properties: Record<string, JsonObject> }> };
  return {
    // biome-ignore lint/suspicious/noExplicitAny: documents are deep, and a test that asks for what is not there fails by itself
    document: document as any,
    propertiesOf: (name: string) => schemas[`test.${name}`]?.properties ?? {},
    schemas,
  };
}

test("fields are described by their types, rules and comments", () => {
  const service = compileContract(`
    service Service { rpc Post(A) returns (A) { option (google.api.http) = { post: "/v1" body: "*" }; } }
    enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
    message A {
      // A short text.
      string text = 1 [(buf.validate.field).string = { min_len: 1 max_len: 5 pattern: "^[a-z]+$" }];
      string email = 2 [(buf.validate.field).string.email = true];
      string key = 3 [(buf.validate.field) = { ignore: IGNORE_IF_ZERO_VALUE string: { uuid: true } }];
      string re2 = 4 [(buf.validate.field).string.pattern = "(?i)a"];
      string bytes_long = 5 [(buf.validate.field).string.max_bytes = 9];
      int32 number = 6 [(buf.validate.field).int32 = { gte: 0 lt: 10 }];
      int64 big = 7; uint64 bigger = 8; double ratio = 9; bool flag = 10;
      bytes data = 11 [(buf.validate.field).bytes.max_len = 8];
      Color color = 12;
      repeated string list = 13 [(buf.validate.field).repeated = { min_items: 1 max_items: 3 unique: true items: { string: { max_len: 2 } } }];
      map<string, int32> pairs = 14;
      google.protobuf.Timestamp time = 15;
      google.protobuf.Duration span = 16;
      google.protobuf.FieldMask mask = 17;
      google.protobuf.Struct object = 18;
      google.protobuf.Int64Value wrapped = 19;
      A self = 20 [(buf.validate.field).required = true];
    }
  `);
  const { propertiesOf, schemas } = describe(service);
  assert.deepEqual(propertiesOf("A"), {
    text: { type: "string", minLength: 1, maxLength: 5, pattern: "^[a-z]+$", description: "A short text." },
    email: { type: "string", format: "email" },
    key: { type: "string", anyOf: [{ format: "uuid" }, { const: "" }] },
    re2: { type: "string", description: "Matches (?i)a (RE2)." },
    bytesLong: { type: "string", description: "At most 9 bytes of UTF-8." },
    number: { type: "integer", format: "int32", minimum: 0, exclusiveMaximum: 10 },
    big: { type: "string", format: "int64" },
    bigger: { type: "string", format: "uint64" },
    ratio: { anyOf: [{ type: "number", format: "double" }, { enum: ["NaN", "Infinity", "-Infinity"] }] },
    flag: { type: "boolean" },
    data: { type: "string", contentEncoding: "base64", description: "At most 8 bytes." },
    color: { $ref: "#/components/schemas/test.Color" },
    list: { type: "array", items: { type: "string", maxLength: 2 }, minItems: 1, maxItems: 3, uniqueItems: true },
    pairs: { type: "object", additionalProperties: { type: "integer", format: "int32" } },
    time: { type: "string", format: "date-time" },
    span: { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
    mask: { type: "string", description: "Paths of fields, joined by commas." },
    object: { type: "object" },
    wrapped: { type: "string", format: "int64" },
    self: { $ref: "#/components/schemas/test.A" },
  });
  assert.deepEqual(schemas["test.Color"], { type: "string", enum: ["COLOR_UNSPECIFIED", "COLOR_RED"] });
  assert.deepEqual((schemas["test.A"] as unknown as JsonObject).required, ["self"]);
});

test("one of several fields is said to be one, or none where none is required", () => {
  const service = compileContract(`
    service Service { rpc Post(A) returns (A) { option (google.api.http) = { post: "/v1" body: "*" }; } }
    message A {
      oneof must { option (buf.validate.oneof).required = true; string a = 1; string b = 2; }
      oneof may { string c = 3; string d = 4; }
      optional string alone = 5;
    }
  `);
  const { allOf } = describe(service).schemas["test.A"] as unknown as { allOf: unknown };
  const [a, b, c, d] = ["a", "b", "c", "d"].map(name => ({ required: [name] }));
  assert.deepEqual(allOf, [{ oneOf: [a, b] }, { oneOf: [c, d, { not: { anyOf: [c, d] } }] }]);
});

test("bindings that share a path are one item, and what the path gives is no part of the body", () => {
  const service = compileContract(`
    service Service {
      rpc Get(A) returns (A) { option (google.api.http).get = "/v1/{id}"; }
      rpc Patch(B) returns (A) { option (google.api.http) = { patch: "/v1/{a.id}" body: "a" }; }
      rpc Do(A) returns (A) { option (google.api.http) = { post: "/v1/{id}:do" body: "*" }; }
      rpc Deep(A) returns (A) { option (google.api.http).get = "/v1/{id=shelves/*/books/*}"; }
      rpc Rest(A) returns (A) { option (google.api.http).get = "/v2/{id=**}"; }
      rpc Search(A) returns (A) { option (google.api.http) = { custom: { kind: "SEARCH" path: "/v1" } }; }
    }
    message A { string id = 1; string name = 2; A inner = 3; }
    message B { A a = 1; bool flag = 2; google.protobuf.FieldMask update_mask = 3; }
  `);
  const { document } = describe(service);
  assert.deepEqual(
    Object.entries(document.paths).map(([path, item]) => [path, ...Object.keys(item as object)]),
    [
      ["/v1/{id}", "get", "patch"],
      ["/v1/{id}:do", "post"],
      ["/v1/shelves/{id_1}/books/{id_2}", "get"],
      ["/v2/{id}", "get"],
      ["/v1", "additionalOperations"],
    ],
  );
  const { get, patch } = document.paths["/v1/{id}"];
  assert.equal(patch.parameters[0].name, "id");
  assert.deepEqual(Object.keys(patch.requestBody.content["application/json"].schema.properties), ["name", "inner"]);
  const names = (operation: { parameters: { name: string; in: string }[] }) =>
    operation.parameters.filter(parameter => parameter.in === "query").map(({ name }) => name);
  assert.deepEqual(names(patch), ["flag", "updateMask"]);
  assert.deepEqual(names(get).slice(0, 4), ["name", "inner.id", "inner.name", "inner.inner.id"]);
  assert.deepEqual(names(document.paths["/v1/{id}:do"].post), []);
  assert.equal(describe(service, "3.1").document.paths["/v1"].additionalOperations, undefined);
});

test("a stream is told of by its items, which 3.1 has no word for", () => {
  const service = compileContract(`
    service Service {
      rpc Watch(A) returns (stream A) { option (google.api.http).get = "/v1"; }
      rpc Send(stream A) returns (A) { option (google.api.http) = { post: "/v1" body: "*" }; }
      rpc Raw(A) returns (google.api.HttpBody) { option (google.api.http).get = "/v2"; }
    }
    message A { string id = 1; }
  `);
  const $ref = "#/components/schemas/test.A";
  const { get, post } = describe(service).document.paths["/v1"];
  assert.deepEqual(get.responses["200"].content["application/jsonl"], { itemSchema: { $ref } });
  const { itemSchema } = get.responses["200"].content["text/event-stream"];
  assert.deepEqual(itemSchema.oneOf[0].properties.data.contentSchema, { $ref });
  assert.deepEqual(post.requestBody.content, { "application/jsonl": { itemSchema: { $ref } } });
  const older = describe(service, "3.1").document;
  assert.deepEqual(older.paths["/v1"].post.requestBody.content, { "application/jsonl": { schema: { $ref } } });
  assert.deepEqual(older.paths["/v2"].get.responses["200"].content, { "*/*": {} });
});

test("an example that is no message of its method is told of", () => {
  const service = compileContract(`
    service Service {
      rpc Get(A) returns (A) {
        option (google.api.http).get = "/v1";
        option (concierge.rest.v1.example) = { request: '{"nothing":1}' reply: '{}' };
      }
    }
    message A { string id = 1; }
  `);
  assert.throws(() => describe(service), /test\.Service\/Get: an example is no test\.A: \{"nothing":1\}/);
});
