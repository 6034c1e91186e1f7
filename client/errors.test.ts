import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { startServer } from "../test/support/server.ts";
import { codeName, conciergeError, createConcierge } from "./index.ts";

/** What a failing call of each protocol tells. */
async function failures(call: (concierge: ReturnType<typeof createConcierge>) => Promise<unknown>) {
  await using server = await startServer();
  const errors = [];
  for (const protocol of ["connect", "grpc", "grpc-web"] as const) {
    await using concierge = createConcierge({ baseUrl: server.baseUrl, protocol });
    const reason = await call(concierge).then(
      () => assert.fail("the call succeeded"),
      error => error,
    );
    assert.ok(reason instanceof ConnectError);
    const error = conciergeError(reason);
    assert.equal(error.cause, reason);
    assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/, protocol);
    errors.push(error);
  }
  return errors;
}

test("a field that the directory refuses is told with its words", async () => {
  for (const error of await failures(({ directory }) => directory.createUser({ user: { name: " ", email: "x" } }))) {
    assert.equal(error.code, Code.InvalidArgument);
    assert.equal(error.codeName, "invalid_argument");
    assert.equal(error.domain, "concierge.directory");
    assert.equal(error.violations[0]?.field, "user.name");
    assert.notEqual(error.violations[0]?.description, "");
  }
});

test("a field that the contract's rules refuse is told by its path", async () => {
  const name = "x".repeat(201);
  for (const error of await failures(({ directory }) => directory.createUser({ user: { name, email: "a@x.org" } }))) {
    assert.deepEqual(error.violations, [{ field: "user.name", description: "must be at most 200 characters" }]);
  }
  const ids = ["1", "x".repeat(21)];
  for (const error of await failures(({ directory }) => directory.batchGetUsers({ ids }))) {
    assert.equal(error.violations[0]?.field, "ids[1]");
  }
});

test("a reason is told for programs", async () => {
  const user = { name: "Alice again", email: "alice@example.com" };
  for (const error of await failures(({ directory }) => directory.createUser({ user }))) {
    assert.equal(error.codeName, "already_exists");
    assert.equal(error.reason, "EMAIL_TAKEN");
    assert.deepEqual(error.violations, []);
    assert.equal(error.retryAfterMs, undefined);
  }
});

test("the rate limit's advice is told in milliseconds", async () => {
  await using server = await startServer({ RATE_LIMIT: "1/1" });
  await using concierge = createConcierge({ baseUrl: server.baseUrl, retry: false });
  let reason: unknown;
  // One call a second is let through, however many there are.
  while (reason === undefined) {
    const calls = Array.from({ length: 3 }, () => concierge.greeter.sayHello({ name: "Ada" }));
    [reason] = (await Promise.allSettled(calls)).flatMap(each => (each.status === "rejected" ? [each.reason] : []));
  }
  const error = conciergeError(reason);
  assert.equal(error.codeName, "resource_exhausted");
  assert.ok((error.retryAfterMs ?? 0) > 0 && (error.retryAfterMs ?? 0) <= 1000);
  assert.deepEqual(error.metadata, { limit: "1/1" });
});

test("a pushback in the metadata is advice when to try again, too, but for never", () => {
  for (const [pushback, retryAfterMs] of [
    ["1500", 1500],
    ["-1", undefined],
  ] as const) {
    const error = new ConnectError("full", Code.Unavailable, { "grpc-retry-pushback-ms": pushback });
    assert.equal(conciergeError(error).retryAfterMs, retryAfterMs);
  }
});

test("codes have their wire names", () => {
  assert.equal(codeName(Code.DeadlineExceeded), "deadline_exceeded");
  assert.equal(codeName(Code.OutOfRange), "out_of_range");
  assert.equal(codeName(Code.Canceled), "canceled");
});

test("what is no error of a call counts as unknown", () => {
  const { codeName, message, violations, requestId } = conciergeError(new Error("broken"));
  assert.deepEqual([codeName, message, violations, requestId], ["unknown", "broken", [], undefined]);
});
