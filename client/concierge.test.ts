import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { Start } from "../gen/concierge/directory/v1/directory_pb.ts";
import { startServer } from "../test/support/server.ts";
import { conciergeError, createConcierge, type Protocol } from "./index.ts";

const protocols: readonly Protocol[] = ["connect", "grpc", "grpc-web"];

for (const protocol of protocols) {
  for (const format of ["binary", "json"] as const) {
    test(`every service is called over ${protocol}, ${format}`, async () => {
      await using server = await startServer();
      await using concierge = createConcierge({ baseUrl: server.baseUrl, protocol, format });
      await concierge.waitForReady();
      assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
      assert.equal((await concierge.helloworld.sayHello({ name: "Ada" })).message, "Hello, Ada");
      assert.equal((await concierge.users.getUser({ userId: "1" })).user?.name, "Alice Johnson");
      assert.equal((await concierge.demoUsers.getUser({ userId: 1 })).name, "Alice Johnson");
      const user = await concierge.directory.getUser({ key: { case: "id", value: "1" } });
      assert.equal(user.name, "Alice Johnson");
      const kinds: string[] = [];
      for await (const { kind } of concierge.watch({ start: Start.SNAPSHOT_THEN_FOLLOW })) {
        kinds.push(kind);
        if (kind === "synced") break;
      }
      assert.deepEqual(kinds, ["bookmark", "snapshot", "synced"]);
    });
  }
}

test("a refusal tells fields, request id and reason", async () => {
  await using server = await startServer();
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const reason = await concierge.directory.createUser({ user: { name: "", email: "x" } }).catch(error => error);
  const error = conciergeError(reason);
  assert.equal(error.code, Code.InvalidArgument);
  assert.equal(error.codeName, "invalid_argument");
  assert.equal(error.violations[0]?.field, "name");
  assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/);
});

test("an option that is wrong is named", () => {
  assert.throws(() => createConcierge({ baseUrl: "localhost:50051" }), /baseUrl "localhost:50051"/);
  assert.throws(() => createConcierge({ baseUrl: "http://x", protocol: "soap" as Protocol }), /protocol "soap"/);
  assert.throws(() => createConcierge({ baseUrl: "http://x", deadlineMs: -1 }), /deadlineMs "-1"/);
});
