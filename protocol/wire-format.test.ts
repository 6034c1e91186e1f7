import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContentType } from "./wire-format.ts";

test("a content type is known in any case and with any parameters", () => {
  for (const value of [
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "application/json\t;  charset=utf8 ; boundary=x",
    'application/json; profile="a;b\\"c"; charset=utf-8',
    "application/json;",
    "application/json ; ;",
    "application/json ",
  ]) {
    assert.equal(parseContentType(value)?.contentType, "application/json", value);
  }
  assert.equal(parseContentType("application/proto; messageType=x.Y")?.contentType, "application/proto");
  assert.equal(parseContentType("application/grpc; charset=latin1")?.contentType, "application/grpc+proto");
});

test("another charset than UTF-8, malformed parameters and unknown types are no format", () => {
  for (const value of [
    "application/json; charset=latin1",
    'application/json; charset="iso-8859-1"',
    "application/json; charset",
    "application/json; charset=",
    'application/json; charset="utf-8',
    "application/json; charset=utf-8 x",
    "application/json, text/plain",
    "application/jsonx",
    "text/json",
    "",
  ]) {
    assert.equal(parseContentType(value), undefined, value);
  }
});
