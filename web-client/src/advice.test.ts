import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { conciergeError } from "../../client/web.ts";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { adviceFor } from "./advice.ts";

function refused(reason: string, metadata: Record<string, string> = {}, retryMs?: number): ConnectError {
  const info = { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, metadata }) };
  const retry = { desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay: durationFromMs(retryMs ?? 0) }) };
  return new ConnectError("refused", Code.PermissionDenied, undefined, retryMs === undefined ? [info] : [info, retry]);
}

function adviceOf(error: ConnectError): string {
  return adviceFor(conciergeError(error));
}

test("a missing role is named, next to the one that is there", () => {
  const advice = adviceOf(refused("ROLE_REQUIRED", { requiredRole: "admin", role: "viewer" }));
  assert.equal(advice, "This takes the role “admin”; your token has “viewer”.");
  assert.match(adviceOf(refused("ROLE_REQUIRED", { requiredRole: "viewer", role: "" })), /your token names none\.$/);
});

test("a missing token says which role it must have", () => {
  assert.match(adviceOf(refused("TOKEN_MISSING", { requiredRole: "editor" })), /role “editor”/);
});

test("a limit says when to try again", () => {
  assert.equal(adviceOf(refused("RATE_LIMIT_EXCEEDED", {}, 1500)), "Try again in 2 s.");
  assert.match(adviceOf(refused("TOO_MANY_STREAMS")), /another of your streams/);
});

test("errors of services get no advice", () => {
  assert.equal(adviceOf(new ConnectError("no such guest", Code.NotFound)), "");
  assert.equal(adviceOf(refused("EMAIL_TAKEN")), "");
});
