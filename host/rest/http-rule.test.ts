import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type DescService, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createBinder } from "./binder.ts";
import { compileContract } from "./contract.fixture.ts";
import { type RestBinding, readHttpRules } from "./http-rule.ts";
import { PathRouter } from "./path-router.ts";

/** What makes requests of a service as its rules say. */
function createAsk(service: DescService) {
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

// The service, the requests and the messages of the comments in google/api/http.proto.
test("the examples of google.api.http are mapped as it says", () => {
  const ask = createAsk(
    compileContract(`
      service Service {
        rpc GetByName(ByName) returns (Message) { option (google.api.http) = { get: "/v1/{name=messages/*}" }; }
        rpc GetMessage(GetMessageRequest) returns (Message) {
          option (google.api.http) = {
            get: "/v2/messages/{message_id}"
            additional_bindings { get: "/v2/users/{user_id}/messages/{message_id}" }
          };
        }
        rpc Update(UpdateMessageRequest) returns (Message) {
          option (google.api.http) = { patch: "/v3/messages/{message_id}" body: "message" };
        }
        rpc UpdateAll(Message) returns (Message) {
          option (google.api.http) = { patch: "/v4/messages/{message_id}" body: "*" };
        }
      }
      message ByName { string name = 1; }
      message GetMessageRequest {
        message SubMessage { string subfield = 1; }
        string message_id = 1; int64 revision = 2; SubMessage sub = 3; string user_id = 4;
      }
      message UpdateMessageRequest { string message_id = 1; Message message = 2; }
      message Message { string message_id = 1; string text = 2; }
    `),
  );
  assert.deepEqual(ask("GET /v1/messages/123456"), ["GetByName", { name: "messages/123456" }]);
  assert.deepEqual(ask("GET /v2/messages/123456?revision=2&sub.subfield=foo"), [
    "GetMessage",
    { messageId: "123456", revision: "2", sub: { subfield: "foo" } },
  ]);
  assert.deepEqual(ask("PATCH /v3/messages/123456", { text: "Hi!" }), [
    "Update",
    { messageId: "123456", message: { text: "Hi!" } },
  ]);
  assert.deepEqual(ask("PATCH /v4/messages/123456", { text: "Hi!" }), [
    "UpdateAll",
    { messageId: "123456", text: "Hi!" },
  ]);
  assert.deepEqual(ask("GET /v2/messages/123456"), ["GetMessage", { messageId: "123456" }]);
  assert.deepEqual(ask("GET /v2/users/me/messages/123456"), ["GetMessage", { userId: "me", messageId: "123456" }]);
});

let everything: DescService;
before(() => {
  everything = compileContract(`
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
});

test("query parameters of every type that one text can be are read, in both spellings", () => {
  const ask = createAsk(everything);
  const table: Readonly<Record<string, JsonValue>> = {
    "": {},
    "text=a+b%26%C3%A9": { text: "a b&é" },
    "text=": {},
    text: {},
    "&&text=a&": { text: "a" },
    "text=a=b": { text: "a=b" },
    "number=-2147483648": { number: -2147483648 },
    "big_number=18446744073709551615": { bigNumber: "18446744073709551615" },
    "bigNumber=1": { bigNumber: "1" },
    "signed=-9223372036854775808": { signed: "-9223372036854775808" },
    "ratio=-1.5e3": { ratio: -1500 },
    "ratio=NaN": { ratio: "NaN" },
    "flag=true": { flag: true },
    "flag=false": {},
    "data=AQID": { data: "AQID" },
    "color=COLOR_RED": { color: "COLOR_RED" },
    "color=1": { color: "COLOR_RED" },
    "color=77": { color: 77 },
    "texts=a&texts=b&texts=a": { texts: ["a", "b", "a"] },
    "numbers=1&numbers=2": { numbers: [1, 2] },
    "colors=COLOR_RED&colors=0": { colors: ["COLOR_RED", "COLOR_UNSPECIFIED"] },
    "inner.text=a&inner.inner.inner.text=b": { inner: { text: "a", inner: { inner: { text: "b" } } } },
    "time=2026-01-02T03:04:05.5Z": { time: "2026-01-02T03:04:05.500Z" },
    "span=1.5s": { span: "1.500s" },
    "mask=text,bigNumber,inner.text": { mask: "text,bigNumber,inner.text" },
    "mask=text,big_number": { mask: "text,bigNumber" },
    "wrapped=5": { wrapped: 5 },
    "wrapped_text=": { wrappedText: "" },
    "maybe=": { maybe: "" },
    "left=a": { left: "a" },
  };
  for (const [query, wanted] of Object.entries(table))
    assert.deepEqual(ask(`GET /v1/get?${query}`), ["Get", wanted], query);
});

test("a query that is not as the contract says is refused with the parameter and the bound", () => {
  const ask = createAsk(everything);
  const table: Readonly<Record<string, RegExp>> = {
    "nothing=1": /query parameter "nothing" is unknown: test\.Everything has no field "nothing"/,
    "inner.nothing=1": /"inner\.nothing" is unknown: test\.Inner has no field "nothing"/,
    "text.a=1": /"text" has no fields of its own/,
    "time.seconds=1": /"time" has no fields of its own/,
    "__proto__=1": /"__proto__" is unknown/,
    "=1": /"" is unknown/,
    "text=a&text=b": /text is given twice/,
    "bigNumber=1&big_number=1": /big_number is given twice/,
    "number=2147483648": /number "2147483648" is not an integer from -2147483648 to 2147483647/,
    "number=": /number "" is not an integer/,
    "number=1.0": /not an integer/,
    "number=0x10": /not an integer/,
    "positive=-1": /positive "-1" is not an integer from 0 to 4294967295/,
    "big_number=18446744073709551616": /not an integer from 0 to 18446744073709551615/,
    "signed=9223372036854775808": /from -9223372036854775808 to 9223372036854775807/,
    "ratio=1e999": /ratio "1e999" is not a number/,
    "ratio=one": /ratio "one" is not a number/,
    "flag=1": /flag "1" is not true or false/,
    "data=%25": /data/,
    "color=RED": /color "RED" is no test\.Color: one of COLOR_UNSPECIFIED, COLOR_RED, or a number/,
    "inner=a": /"inner" is a field that no text can be/,
    "inners=a": /"inners" is a field that no text can be/,
    "pairs=a": /"pairs" is a field that no text can be/,
    "object=a": /"object" is a field that no text can be/,
    "left=a&right=b": /oneof/,
    "time=yesterday": /Timestamp/,
    "text=%": /query parameter "text=%": each % must be followed/,
    "text=%ff": /each % must be followed by the two hex digits of a byte in UTF-8/,
    "%zz=1": /each % must be followed/,
  };
  for (const [query, message] of Object.entries(table))
    assert.throws(() => ask(`GET /v1/get?${query}`), refusal(message), query);
});

test("a path gives fields of every type that one text can be", () => {
  const ask = createAsk(everything);
  assert.deepEqual(ask("GET /v1/get/a%20b/-5/COLOR_RED/2026-01-02T03:04:05Z/true"), [
    "GetPath",
    { inner: { text: "a b" }, number: -5, color: "COLOR_RED", time: "2026-01-02T03:04:05Z", flag: true },
  ]);
  assert.throws(() => ask("GET /v1/get/a/b/0/2026-01-02T03:04:05Z/true"), refusal(/number "b" is not an integer/));
  assert.throws(() => ask("GET /v1/get/%/1/0/2026-01-02T03:04:05Z/true"), refusal(/inner\.text: each % of the path/));
  assert.throws(
    () => ask("GET /v1/get/a/1/0/2026-01-02T03:04:05Z/true?number=1"),
    refusal(/"number" is given by the path/),
  );
});

test("a field comes from one place alone", () => {
  const ask = createAsk(everything);
  assert.deepEqual(ask("POST /v1/post/a", { number: 1, inner: { inner: { text: "b" } } }), [
    "Post",
    { number: 1, inner: { text: "a", inner: { text: "b" } } },
  ]);
  assert.deepEqual(ask("POST /v1/post/a"), ["Post", { inner: { text: "a" } }]);
  assert.deepEqual(ask("POST /v1/post/a", { inner: null }), ["Post", { inner: { text: "a" } }]);
  for (const text of ["a", "b", "", null]) {
    assert.throws(
      () => ask("POST /v1/post/a", { inner: { text } }),
      refusal(/inner\.text is given by the path, and once more/),
    );
  }
  assert.throws(() => ask("POST /v1/post/a", { inner: 5 }), refusal(/inner must be a JSON object/));
  assert.throws(() => ask("POST /v1/post/a", []), refusal(/the body must be a JSON object/));
  assert.throws(() => ask("POST /v1/post/a?number=1", {}), refusal(/"number": all fields are given by the body/));
  assert.throws(() => ask("POST /v1/post/a", { number: "x" }), refusal(/number/));
  assert.deepEqual(ask("PUT /v1/put?text=a", ["x", "y"]), ["Put", { text: "a", texts: ["x", "y"] }]);
  assert.throws(() => ask("PUT /v1/put?texts=a", ["x"]), refusal(/"texts" is given by the body/));
});

test("the keys of a partial resource are its mask", () => {
  const ask = createAsk(everything);
  const maskOf = (body: JsonValue, query = "") => {
    const [, json] = ask(`PATCH /v1/patch/a${query}`, body) as [string, { updateMask?: string }];
    return json.updateMask;
  };
  assert.equal(maskOf({ note: "b" }), "note");
  assert.equal(maskOf({ note: null, longName: "x", etag: "e" }), "note,longName");
  assert.equal(maskOf({ long_name: "x" }), "longName");
  assert.equal(maskOf({ inner: { text: "x", inner: { text: "y" } }, tags: [] }), "inner.text,inner.inner.text,tags");
  assert.equal(maskOf({ inner: {} }), "inner");
  assert.equal(maskOf({ pairs: { a: 1, b: 2 }, time: null, tags: ["a", "b"] }), "pairs,time,tags");
  assert.equal(maskOf({ any: null }), "any");
  assert.equal(maskOf({}), "");
  assert.equal(maskOf({ note: "b" }, "?update_mask=longName"), "longName");
  assert.equal(maskOf({ note: "b" }, "?updateMask=*"), "*");
  assert.equal(maskOf({ note: "b" }, "?flag=true"), "note");
  assert.throws(() => maskOf({ nite: "b" }), refusal(/thing has no field "nite"/));
  assert.throws(() => maskOf({ inner: { nothing: 1 } }), refusal(/thing\.inner has no field "nothing"/));
});

/** Whether it is INVALID_ARGUMENT with that text. */
function refusal(message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.match(error.message, message);
    assert.equal(error.code, 3);
    return true;
  };
}

test("rules that are wrong are told of with the names of their methods", () => {
  const service = compileContract(`
    service Service {
      rpc None(A) returns (A);
      rpc Fine(A) returns (A) { option (google.api.http).get = "/v1/{name}"; }
      rpc Same(A) returns (A) { option (google.api.http).get = "/v1/{id=*}"; }
      rpc Grammar(A) returns (A) { option (google.api.http).get = "v1"; }
      rpc Unknown(A) returns (A) { option (google.api.http).get = "/a/{nothing}"; }
      rpc Many(A) returns (A) { option (google.api.http).get = "/b/{list}"; }
      rpc Object(A) returns (A) { option (google.api.http).get = "/c/{inner}"; }
      rpc Twice(A) returns (A) { option (google.api.http).get = "/d/{name}/{name}"; }
      rpc Pathless(A) returns (A) { option (google.api.http) = { body: "*" }; }
      rpc GetBody(A) returns (A) { option (google.api.http) = { get: "/e" body: "*" }; }
      rpc NoBody(A) returns (A) { option (google.api.http) = { post: "/f" body: "inner.name" }; }
      rpc NoReply(A) returns (A) { option (google.api.http) = { get: "/g" response_body: "nothing" }; }
      rpc Both(A) returns (A) { option (google.api.http) = { post: "/h/{name}" body: "name" }; }
      rpc Nested(A) returns (A) {
        option (google.api.http) = { get: "/i" additional_bindings { get: "/j" additional_bindings { get: "/k" } } };
      }
      rpc Kind(A) returns (A) { option (google.api.http) = { custom: { kind: "NOT ONE" path: "/l" } }; }
      rpc Bidi(stream A) returns (stream A) { option (google.api.http) = { post: "/m" body: "*" }; }
      rpc Upload(stream A) returns (A) { option (google.api.http) = { post: "/n/{name}" body: "*" }; }
      rpc Events(A) returns (stream A) {
        option (google.api.http).get = "/o";
        option (concierge.rest.v1.event_stream) = { id: "inner" resume: "name" };
      }
    }
    message A { string name = 1; string id = 2; repeated string list = 3; A inner = 4; }
  `);
  assert.throws(
    () => readHttpRules(service.methods),
    (error: Error) => {
      assert.equal(error.name, "HttpRuleError");
      const lines = error.message.split("\n").map(line => line.replace("test.Service/", ""));
      const told = Object.fromEntries(
        lines.map(line => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      const wanted: Readonly<Record<string, RegExp>> = {
        Same: /^GET \/v1\/\{id=\*\} is what test\.Service\/Fine by GET \/v1\/\{name\} asks for, too$/,
        Grammar: /^path "v1", character 1/,
        Unknown: /^variable "nothing": test\.A has no field "nothing"$/,
        Many: /^variable "list" is a field that no text of a path can be$/,
        Object: /^variable "inner" is a field that no text/,
        Twice: /gives the field "name" twice/,
        Pathless: /^the rule has no path$/,
        GetBody: /^GET has no body$/,
        NoBody: /^body "inner\.name" is no field of test\.A$/,
        NoReply: /^response_body "nothing" is no field of test\.A$/,
        Both: /^the field "name" is the body, and in path/,
        Nested: /^additional bindings have none of their own$/,
        Kind: /^"NOT ONE" is no HTTP method$/,
        Bidi: /streams both ways/,
        Upload: /the requests of a stream are all in the body/,
        Events: /^event_stream: the field "inner" is no string$/,
      };
      assert.deepEqual(Object.keys(told), Object.keys(wanted));
      for (const [method, text] of Object.entries(wanted)) assert.match(told[method] ?? "", text, method);
      return true;
    },
  );
});
