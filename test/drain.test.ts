import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { ALL, endsWith, read } from "./support/feed.ts";
import { startServer, testLane } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

/** More of them than fit into the buffers of a connection whose client does not read. */
const users = Array.from({ length: 3000 }, (_, n) => ({ name: `${"x".repeat(150)} ${n}`, email: `u${n}@example.org` }));

async function* toRequests() {
  for (const user of users) yield { user };
}

test("exports in flight are finished in a drain, and feeds end at once with their token", {
  // The stock lane ends every stream.
  skip: testLane === "connect",
}, async t => {
  // Nothing may wait for the grace.
  const server = await startServer({ SHUTDOWN_GRACE_MS: "3600000", DEMO_DATA: "false" });
  t.after(() => server.app.abort());
  const running = [];
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const client = createClient(DirectoryService, transport);
    if (running.length === 0) await client.importUsers(toRequests());
    const exported = client.exportUsers({})[Symbol.asyncIterator]();
    await read(exported);
    const feed = client.subscribe({ selector: ALL })[Symbol.asyncIterator]();
    const { resumeToken } = await read(feed);
    running.push({ form, exported, feed, resumeToken });
  }
  const closed = server.app.close();
  await Promise.all(
    running.map(async ({ form, feed, resumeToken }) => {
      const end = await endsWith(feed, Code.Unavailable, "the server is shutting down");
      assert.equal(end.resumeToken, resumeToken, form);
    }),
  );
  for (const { form, exported } of running) {
    let count = 1;
    while (!(await exported.next()).done) count++;
    assert.equal(count, users.length, form);
  }
  await closed;
});
