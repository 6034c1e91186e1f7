import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectErrorJson, errorText, maxDetailsBytes, maxErrorTextBytes, toConnectError } from "./wire-error.ts";

test("a text is cut between characters", () => {
  for (const [text, cut] of [
    ["x".repeat(2000), maxErrorTextBytes],
    ["é".repeat(2000), maxErrorTextBytes],
    ["€".repeat(2000), maxErrorTextBytes - 1],
    [`x${"😀".repeat(2000)}`, maxErrorTextBytes - 3],
    ["short", 5],
  ] as const) {
    const bounded = errorText(new ConnectError(text));
    assert.equal(Buffer.byteLength(bounded), cut);
    assert.ok(text.startsWith(bounded));
  }
});

test("anything but a ConnectError is told as internal error, and kept as the cause", () => {
  const cause = new Error("secret");
  const error = toConnectError(cause);
  assert.equal(error.code, Code.Internal);
  assert.equal(error.rawMessage, "internal error");
  assert.equal(error.cause, cause);
});

test("details are left out where they are too large, in Connect as in gRPC", () => {
  const detail = (length: number) => ({ type: "a.Detail", value: new Uint8Array(length) });
  const errors = [1000, maxDetailsBytes].map(length => {
    const error = new ConnectError("wrong", Code.InvalidArgument);
    error.details = [detail(length)];
    return connectErrorJson(error);
  });
  assert.deepEqual(
    errors.map(({ code, message, details }) => [code, message, details !== undefined]),
    [
      ["invalid_argument", "wrong", true],
      ["invalid_argument", "wrong", false],
    ],
  );
});
