import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { DirectoryService, Start, type SubscribeResponse } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { ALL, endsWith, read, Stream, untilZero } from "../support/feed.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { transportsTo } from "../support/transports.ts";

let server: TestServer;
before(async () => {
  server = await startServer({ FEED_BOOKMARK_INTERVAL_MS: "50" });
});
after(() => server[Symbol.asyncDispose]());

/** Reads events until there are as many; answers `type user` of each. */
async function events(messages: AsyncIterator<SubscribeResponse>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { message } = await read(messages);
    if (message.case === "transaction") found.push(...message.value.events.map(e => `${e.type} ${e.userId}`));
  }
  return found;
}

/** Reads up to a message of a kind. */
async function until(messages: AsyncIterator<SubscribeResponse>, kind: SubscribeResponse["message"]["case"]) {
  for (;;) {
    const message = await read(messages);
    if (message.message.case === kind) return message;
  }
}

test("each protocol shows the users, then follows them, and goes on by token", async () => {
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const client = createClient(DirectoryService, transport);
    const messages = new Stream(options =>
      client.subscribe({ selector: ALL, start: Start.SNAPSHOT_THEN_FOLLOW }, options),
    );
    const first = await read(messages);
    assert.deepEqual([first.message.case, first.resumeToken], ["bookmark", ""], form);
    const { message, resumeToken } = await until(messages, "snapshot");
    assert.ok(message.case === "snapshot" && message.value.users[0]?.name === "Alice Johnson", form);
    assert.equal(resumeToken, "");
    assert.notEqual((await until(messages, "synced")).resumeToken, "");
    const user = { name: "Ann", email: `${form.replaceAll(/\W+/g, ".")}@example.com` };
    const { id } = await client.createUser({ user });
    assert.deepEqual(await events(messages, 1), [`created ${id}`]);
    const bookmark = await until(messages, "bookmark");
    messages.leave();
    await client.reportEvent({ userId: id, type: "login", payload: new Uint8Array([1]) });
    await client.deleteUser({ id });
    const resumed = new Stream(options =>
      client.subscribe({ selector: ALL, resumeToken: bookmark.resumeToken }, options),
    );
    assert.deepEqual(await events(resumed, 2), [`login ${id}`, `deleted ${id}`], form);
    resumed.leave();
  }
  await untilZero(() => server.app.feed.subscribers);
});

test("a selection of a role tells of those who leave it", async () => {
  const [transport = assert.fail()] = transportsTo(server.baseUrl).values();
  const client = createClient(DirectoryService, transport);
  const { id } = await client.createUser({ user: { name: "Erin", email: "erin@example.com", role: 2 } });
  const selector = { kind: { case: "role", value: 2 } } as const;
  const messages = new Stream(options => client.subscribe({ selector }, options));
  await read(messages);
  await client.updateUser({ user: { id, role: 1 } });
  await client.deleteUser({ id });
  await client.createUser({ user: { name: "Edith", email: "edith@example.com", role: 2 } });
  assert.deepEqual(await events(messages, 2), [`role_changed ${id}`, `created ${Number(id) + 1}`]);
  messages.leave();
});

test("what makes no sense is refused in words", async () => {
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const client = createClient(DirectoryService, transport);
    const refused = async (request: Parameters<typeof client.subscribe>[0], message: string | RegExp) => {
      const messages = new Stream(options => client.subscribe(request, options));
      return (await endsWith(messages, Code.InvalidArgument, message)).error;
    };
    await refused({}, /selector/);
    await refused(
      { selector: { kind: { case: "userId", value: "x" } } },
      'selector.user_id "x" is not the id of a user',
    );
    await refused({ selector: { kind: { case: "all", value: false } } }, 'selector.all "false" selects nothing');
    await refused({ selector: { kind: { case: "role", value: 0 } } }, 'selector.role "0" is not one of 1 to 3');
    await refused({ selector: ALL, start: Start.AFTER }, "resume_token is required with START_AFTER");
    await refused(
      { selector: ALL, start: Start.NOW, resumeToken: "x" },
      'resume_token goes with START_AFTER (3), not with start "2"',
    );
    const error = await refused(
      { selector: ALL, resumeToken: "x" },
      "resume_token was not given for this subscription",
    );
    assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "INVALID_RESUME_TOKEN", form);
  }
});

test("a token of another database, and one whose events are gone, are refused with a way out", async () => {
  await using other = await startServer({ FEED_BOOKMARK_INTERVAL_MS: "50" });
  const [theirs = assert.fail()] = transportsTo(other.baseUrl).values();
  const elsewhere = new Stream(options => createClient(DirectoryService, theirs).subscribe({ selector: ALL }, options));
  const { resumeToken } = await read(elsewhere);
  elsewhere.leave();
  for (const transport of transportsTo(server.baseUrl).values()) {
    const client = createClient(DirectoryService, transport);
    const messages = new Stream(options => client.subscribe({ selector: ALL, resumeToken }, options));
    const message = "resume_token is of another database: start anew, with a snapshot";
    await endsWith(messages, Code.FailedPrecondition, message);
  }
});

test("a draining server ends each subscription with UNAVAILABLE and where to go on", async () => {
  const draining = await startServer({ SHUTDOWN_GRACE_MS: "60000" });
  const streams = [];
  for (const [form, transport] of transportsTo(draining.baseUrl)) {
    const messages = new Stream(options =>
      createClient(DirectoryService, transport).subscribe({ selector: ALL }, options),
    );
    const { resumeToken } = await read(messages);
    streams.push({ form, resumeToken, end: endsWith(messages, Code.Unavailable, "the server is shutting down") });
  }
  await draining.app.close();
  for (const { form, resumeToken, end } of streams) assert.equal((await end).resumeToken, resumeToken, form);
  assert.equal(draining.app.feed.subscribers, 0);
});

test("subscriptions of one address are capped", async () => {
  await using small = await startServer({ FEED_MAX_SUBSCRIBERS_PER_CALLER: "1" });
  for (const transport of transportsTo(small.baseUrl).values()) {
    const client = createClient(DirectoryService, transport);
    const first = new Stream(options => client.subscribe({ selector: ALL }, options));
    await read(first);
    const second = new Stream(options => client.subscribe({ selector: ALL }, options));
    await endsWith(second, Code.ResourceExhausted, "the caller has 1 subscriptions, at most 1");
    first.leave();
    await untilZero(() => small.app.feed.subscribers);
  }
});
