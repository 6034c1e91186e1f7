import assert from "node:assert/strict";
import { type DescService, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createBinder } from "./binder.ts";
import { compileContract } from "./contract.fixture.ts";
import { type RestBinding, readHttpRules } from "./http-rule.ts";
import { PathRouter } from "./path-router.ts";

/** What makes requests of a service as its rules say. */
export function createAsk(service: DescService) {
  const router = new PathRouter<RestBinding>();
  for (const binding of readHttpRules(service.methods)) router.add(binding.httpMethod, binding.template, binding);
  return (request: string, body?: JsonValue) => {
    const [method = "", url = ""] = request.split(" ");
    const [path = "", query = ""] = url.split("?");
    const found = router.find(method, path);
    assert.ok(found && "value" in found, request);
    const message = createBinder(found.value)({ segments: found.segments, query }, body);
    return [found.value.method.name, toJson(found.value.method.input, message)];
  };
}

/** A service whose messages have fields of every type, and whose rules say every place that a field can come from. */
export function compileEverything(): DescService {
  return compileContract(`
    service Service {
      rpc Get(Everything) returns (Everything) { option (google.api.http).get = "/v1/get"; }
      rpc GetPath(Everything) returns (Everything) {
        option (google.api.http).get = "/v1/get/{inner.text}/{number}/{color}/{time}/{flag}";
      }
      rpc Post(Everything) returns (Everything) {
        option (google.api.http) = { post: "/v1/post/{inner.text}" body: "*" };
      }
      rpc Put(Everything) returns (Everything) { option (google.api.http) = { put: "/v1/put" body: "texts" }; }
      rpc Patch(PatchRequest) returns (Everything) {
        option (google.api.http) = { patch: "/v1/patch/{thing.text}" body: "thing" };
      }
    }
    enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
    message Inner { string text = 1; Inner inner = 2; }
    message Everything {
      string text = 1; int32 number = 2; uint64 big_number = 3; double ratio = 4; bool flag = 5; bytes data = 6;
      Color color = 7; repeated string texts = 8; repeated int32 numbers = 9; repeated Color colors = 10;
      Inner inner = 11; repeated Inner inners = 12; map<string, string> pairs = 13;
      google.protobuf.Timestamp time = 14; google.protobuf.Duration span = 15; google.protobuf.FieldMask mask = 16;
      google.protobuf.Int32Value wrapped = 17; google.protobuf.Struct object = 18; optional string maybe = 19;
      oneof one { string left = 20; string right = 21; }
      google.protobuf.StringValue wrapped_text = 22; uint32 positive = 23; float small = 24; sint64 signed = 25;
    }
    message Thing {
      string text = 1; optional string note = 2; Inner inner = 3; repeated string tags = 4; map<string, int32> pairs = 5;
      google.protobuf.Any any = 6; string etag = 7; google.protobuf.Timestamp time = 8; string long_name = 9;
    }
    message PatchRequest { Thing thing = 1; google.protobuf.FieldMask update_mask = 2; bool flag = 3; }
  `);
}

/** Whether it is INVALID_ARGUMENT with that text. */
export function refusal(message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.match(error.message, message);
    assert.equal(error.code, 3);
    return true;
  };
}
