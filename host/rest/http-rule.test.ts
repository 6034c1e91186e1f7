import assert from "node:assert/strict";
import { test } from "node:test";
import { createAsk } from "./ask.fixture.ts";
import { compileContract } from "./contract.fixture.ts";
import { readHttpRules } from "./http-rule.ts";

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
