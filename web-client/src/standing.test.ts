import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { conciergeError } from "../../client/web.ts";
import { Access } from "../../gen/concierge/policy/v1/policy_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { closedBecause, LEVELS, methodsWith, SERVICES, standingOf } from "./standing.ts";

/** What a visitor is told of each level, from everybody's to the admins', after such a refusal; empty is open. */
function told(reason?: string, role?: string) {
  const value = { reason, metadata: role === undefined ? {} : { role, requiredRole: "admin" } };
  const error = new ConnectError("", Code.Unknown, undefined, reason ? [{ desc: ErrorInfoSchema, value }] : []);
  const standing = standingOf(reason === undefined ? undefined : conciergeError(error));
  return standing && LEVELS.map(level => closedBecause(level, standing));
}

test("who is refused nothing may call everything", () => {
  assert.deepEqual(told(), ["", "", "", ""]);
});

test("without a token, what is public is open", () => {
  const [everybody, ...others] = told("TOKEN_MISSING", "") ?? [];
  assert.equal(everybody, "");
  assert.deepEqual(
    others,
    ["viewer", "editor", "admin"].map(role => `takes the role “${role}”, and you have no token`),
  );
});

test("a role opens what takes it and less, and the rest says why not", () => {
  assert.deepEqual(told("ROLE_REQUIRED", "editor"), [
    "",
    "",
    "",
    "takes the role “admin”, and your token has “editor”",
  ]);
  assert.equal(told("ROLE_REQUIRED", "")?.[1], "takes the role “viewer”, and your token names none");
});

test("a token that is not accepted closes everything", () => {
  for (const reason of ["TOKEN_EXPIRED", "TOKEN_MALFORMED", "TOKEN_NOT_ACCEPTED"]) {
    assert.deepEqual(new Set(told(reason)), new Set(["your token is not accepted"]));
  }
});

test("other refusals tell nothing of the visitor", () => {
  assert.equal(told("RATE_LIMIT_EXCEEDED"), undefined);
});

test("every method of the contracts is on one level", () => {
  const onLevels = LEVELS.flatMap(level =>
    methodsWith(level).flatMap(({ service, methods }) => methods.map(({ name }) => `${service}/${name}`)),
  );
  const stated = SERVICES.flatMap(({ typeName, methods }) => methods.map(({ name }) => `${typeName}/${name}`));
  assert.deepEqual(onLevels.sort(), stated.sort());
  assert.deepEqual(methodsWith(Access.VIEWER)[0], {
    service: "techoral.users.v1.UserService",
    methods: [{ name: "ListUsers", self: false }],
  });
});
