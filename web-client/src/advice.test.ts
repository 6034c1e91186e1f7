import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { adviceFor } from "./advice.ts";

function refused(reason: string, metadata: Record<string, string> = {}, retryMs?: number): ConnectError {
  const info = { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, metadata }) };
  const retry = { desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay: durationFromMs(retryMs ?? 0) }) };
  return new ConnectError("refused", Code.PermissionDenied, undefined, retryMs === undefined ? [info] : [info, retry]);
}

test("a missing role is named, next to the one that is there", () => {
  const advice = adviceFor(refused("ROLE_REQUIRED", { requiredRole: "admin", role: "viewer" }));
  assert.equal(advice, "This takes the role “admin”; your token has “viewer”.");
  assert.match(adviceFor(refused("ROLE_REQUIRED", { requiredRole: "viewer", role: "" })), /your token names none\.$/);
});

test("a missing token says which role it must have", () => {
  assert.match(adviceFor(refused("TOKEN_MISSING", { requiredRole: "editor" })), /role “editor”/);
});

test("a limit says when to try again", () => {
  assert.equal(adviceFor(refused("RATE_LIMIT_EXCEEDED", {}, 1500)), "Try again in 2 s.");
  assert.match(adviceFor(refused("TOO_MANY_STREAMS")), /another of your streams/);
});

test("errors of services get no advice", () => {
  assert.equal(adviceFor(new ConnectError("no such guest", Code.NotFound)), "");
  assert.equal(adviceFor(refused("EMAIL_TAKEN")), "");
});
