import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { Start } from "../gen/concierge/directory/v1/directory_pb.ts";
import { startServer } from "../test/support/server.ts";
import { startTcp } from "../test/support/tcp-server.ts";
import { createConcierge } from "./index.ts";
import { protocols } from "./protocol.ts";
import { createConcierge as createWebConcierge } from "./web.ts";

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

for (const [where, create] of [
  ["on Node.js", createConcierge],
  ["in a browser", createWebConcierge],
] as const) {
  test(`once a client is closed ${where}, its calls and watches have ended`, async () => {
    await using peer = await startTcp(() => {});
    const concierge = create({ baseUrl: peer.baseUrl, deadlineMs: 0 });
    const watch = concierge.watch();
    const next = watch.next();
    const ended = [
      assert.rejects(concierge.greeter.sayHello({}), { code: Code.Canceled, rawMessage: "the client is closed" }),
      assert.rejects(Array.fromAsync(concierge.greeter.sayHelloStream({})), { code: Code.Canceled }),
      assert.rejects(concierge.waitForReady(), { code: Code.Canceled }),
    ];
    concierge.close();
    await Promise.all(ended);
    assert.equal((await next).done, true);
    await assert.rejects(concierge.greeter.sayHello({}), { code: Code.Canceled });
    assert.equal((await concierge.watch().next()).done, true);
  });
}
