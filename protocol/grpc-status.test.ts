import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { grpcStatusOf, percentDecode, percentEncode } from "./grpc-status.ts";

test("what a header cannot carry is encoded, and no more", () => {
  for (const [text, encoded] of [
    ["it's 100 % broken", "it's 100 %25 broken"],
    ["value: ", "value:%20"],
    ["  indented", "%20%20indented"],
    ["☕\n", "%E2%98%95%0A"],
    ["", ""],
  ] as const) {
    assert.equal(percentEncode(text), encoded);
    assert.equal(percentDecode(encoded), text);
  }
});

test("what is no percent-encoding stays as it is, and what is no UTF-8 becomes U+FFFD", () => {
  for (const [value, text] of [
    ["100% of it%20is gone", "100% of it is gone"],
    ["%zz%4", "%zz%4"],
    ["%ff", "\ufffd"],
  ] as const) {
    assert.equal(percentDecode(value), text);
  }
});

test("trailers are an error by their status, whatever their details hold", () => {
  assert.equal(grpcStatusOf(new Headers()), undefined);
  assert.equal(grpcStatusOf(new Headers({ "grpc-status": "0" })), undefined);
  for (const details of [undefined, "!", "CAA"]) {
    const trailer = new Headers({ "grpc-status": "5", "grpc-message": "no%20user" });
    if (details !== undefined) trailer.set("grpc-status-details-bin", details);
    const error = grpcStatusOf(trailer);
    assert.deepEqual([error?.code, error?.rawMessage], [Code.NotFound, "no user"], `details ${details}`);
  }
  assert.equal(grpcStatusOf(new Headers({ "grpc-status": "77" }))?.code, Code.Internal);
});
