import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { type UserMessageSchema, UserService } from "../../gen/user_service_pb.ts";
import { endsWith, Requests, read, Stream, untilZero } from "../support/feed.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { bidiTransportsTo } from "../support/transports.ts";

type Message = MessageInitShape<typeof UserMessageSchema>;

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

test("what one says reaches all in one order, and who is done goes once it was delivered", async () => {
  const participants = [];
  for (const [form, transport] of bidiTransportsTo(server.baseUrl)) {
    const requests = new Requests<Message>();
    const messages = new Stream(options => createClient(UserService, transport).streamUsers(requests, options));
    requests.push({ userId: participants.length, message: "hello", timestamp: form });
    // Who has got a message of its own is in the room.
    for (;;) if ((await read(messages)).userId === participants.length) break;
    participants.push({ form, requests, messages });
  }
  for (const [userId, { requests }] of participants.entries()) {
    for (let i = 0; i < 50; i++) requests.push({ userId, message: `m${i}` });
    requests.end();
  }
  const heard = await Promise.all(
    participants.map(async ({ messages }, userId) => {
      const lines: string[] = [];
      for (let next = await messages.next(); !next.done; next = await messages.next()) {
        if (next.value.message !== "hello") lines.push(`${next.value.userId} ${next.value.message}`);
      }
      const own = lines.filter(line => line.startsWith(`${userId} `));
      assert.deepEqual(
        own,
        Array.from({ length: 50 }, (_, i) => `${userId} m${i}`),
      );
      return lines;
    }),
  );
  const longest = heard.reduce((a, b) => (a.length < b.length ? b : a));
  for (const lines of heard) assert.deepEqual(lines, longest.slice(0, lines.length));
  await untilZero(() => server.app.feed.subscribers);
});

test("a participant that says nothing ends with its half-close, and one that waits with the server", async () => {
  const draining = await startServer({ SHUTDOWN_GRACE_MS: "60000" });
  const ends = [];
  for (const transport of bidiTransportsTo(draining.baseUrl).values()) {
    const client = createClient(UserService, transport);
    assert.deepEqual(await Array.fromAsync(client.streamUsers(new Requests<Message>().end())), []);
    const requests = new Requests<Message>().push({ userId: 9 });
    const messages = new Stream(options => client.streamUsers(requests, options));
    await read(messages);
    const end = endsWith(messages, Code.Unavailable, "the server is shutting down");
    ends.push(end.finally(() => requests.end()));
  }
  await draining.app.close();
  await Promise.all(ends);
  assert.equal(draining.app.feed.subscribers, 0);
});
