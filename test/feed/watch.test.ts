import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import {
  DirectoryService,
  type SelectorSchema,
  Start,
  type SubscribeRequestSchema,
  type WatchRequestSchema,
  type WatchResponse,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { ALL, endsWith, Requests, read, Stream, untilZero } from "../support/feed.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { bidiTransportsTo } from "../support/transports.ts";

type Request = MessageInitShape<typeof WatchRequestSchema>;

let server: TestServer;
before(async () => {
  // Bookmarks in between are no subject here.
  server = await startServer({ FEED_BOOKMARK_INTERVAL_MS: "3600000" });
});
after(() => server[Symbol.asyncDispose]());

function add(
  subscriptionId: string,
  selector: MessageInitShape<typeof SelectorSchema>,
  rest: Omit<MessageInitShape<typeof SubscribeRequestSchema>, "$typeName"> = {},
): Request {
  return { action: { case: "add", value: { subscriptionId, subscription: { selector, ...rest } } } };
}

function remove(subscriptionId: string): Request {
  return { action: { case: "remove", value: { subscriptionId } } };
}

function user(id: string): MessageInitShape<typeof SelectorSchema> {
  return { kind: { case: "userId", value: id } };
}

/** What a message says, in short. */
function said({ subscriptionId, message }: WatchResponse): string {
  if (message.case === "failed") return `${subscriptionId} failed ${message.value.code} ${message.value.message}`;
  if (message.case !== "response") return `${subscriptionId} ${message.case}`;
  const { message: content } = message.value;
  if (content.case !== "transaction") return `${subscriptionId} ${content.case}`;
  return `${subscriptionId} ${content.value.events.map(({ type }) => type).join()}`;
}

test("subscriptions come and go on one stream, each with its own feed", async () => {
  for (const [form, transport] of bidiTransportsTo(server.baseUrl)) {
    const client = createClient(DirectoryService, transport);
    const requests = new Requests<Request>().push(add("a", user("1")), add("b", user("2")));
    const messages = new Stream(options => client.watch(requests, options));
    assert.deepEqual([said(await read(messages)), said(await read(messages))].sort(), ["a bookmark", "b bookmark"]);
    await client.reportEvent({ userId: "1", type: "login" });
    assert.equal(said(await read(messages)), "a login", form);
    await client.reportEvent({ userId: "2", type: "logout" });
    assert.equal(said(await read(messages)), "b logout");
    requests.push(add("a", ALL));
    assert.equal(said(await read(messages)), 'a failed 3 subscription_id "a" is in use on this stream');
    requests.push(remove("a"), remove("nobody"));
    assert.deepEqual([said(await read(messages)), said(await read(messages))], ["a removed", "nobody removed"]);
    await client.reportEvent({ userId: "1", type: "login" });
    requests.push(add("c", user("1"), { start: Start.EARLIEST }), add("d", ALL, { resumeToken: "x" }));
    const rest: string[] = [];
    while (!(rest.includes("c login") && rest.some(text => text.startsWith("d"))))
      rest.push(said(await read(messages)));
    assert.ok(rest.includes("d failed 3 resume_token was not given for this subscription"), rest.join());
    requests.end();
    await client.reportEvent({ userId: "2", type: "again" });
    while (said(await read(messages)) !== "b again");
    messages.leave();
  }
  await untilZero(() => server.app.feed.subscribers);
});

test("a request that breaks a rule fails alone, and the stream goes on", async () => {
  const long = "x".repeat(65);
  const bad: readonly (readonly [request: Request, says: string])[] = [
    [add("", ALL), " failed 3 add.subscription_id: must be at least 1 character"],
    [add(long, ALL), `${long.slice(1)} failed 3 add.subscription_id: must be at most 64 characters`],
    [{ action: { case: "add", value: { subscriptionId: "a" } } }, "a failed 3 add.subscription: value is required"],
    [
      { action: { case: "add", value: { subscriptionId: "b", subscription: {} } } },
      "b failed 3 add.subscription.selector",
    ],
    [add("c", {}), "c failed 3 add.subscription.selector.kind: exactly one field is required in oneof"],
    [add("d", ALL, { start: 9 as Start }), "d failed 3 add.subscription.start: "],
    [add("e", ALL, { resumeToken: "x".repeat(1025) }), "e failed 3 add.subscription.resume_token: "],
    [remove(""), " failed 3 remove.subscription_id: must be at least 1 character"],
    [remove(long), `${long.slice(1)} failed 3 remove.subscription_id: must be at most 64 characters`],
  ];
  for (const transport of bidiTransportsTo(server.baseUrl).values()) {
    const client = createClient(DirectoryService, transport);
    const requests = new Requests<Request>().push(add("good", user("1")), ...bad.map(([request]) => request));
    const messages = new Stream(options => client.watch(requests, options));
    const found: string[] = [];
    while (found.length <= bad.length) found.push(said(await read(messages)));
    for (const [, says] of bad)
      assert.ok(
        found.some(text => text.startsWith(says)),
        `${says} in ${found.join("; ")}`,
      );
    assert.ok(found.includes("good bookmark"));
    requests.push(add("late", user("2")));
    assert.equal(said(await read(messages)), "late bookmark");
    await client.reportEvent({ userId: "1", type: "login" });
    assert.equal(said(await read(messages)), "good login");
    messages.leave();
  }
  await untilZero(() => server.app.feed.subscribers);
});

test("a draining server ends the stream with a token for each subscription, and they go on", async () => {
  const draining = await startServer({ SHUTDOWN_GRACE_MS: "60000" });
  const streams = [];
  for (const [form, transport] of bidiTransportsTo(draining.baseUrl)) {
    const requests = new Requests<Request>().push(add("a", user("1")), add("b", ALL));
    const messages = new Stream(options => createClient(DirectoryService, transport).watch(requests, options));
    const tokens: Record<string, string> = {};
    for (let i = 0; i < 2; i++) {
      const { subscriptionId, message } = await read(messages);
      if (message.case === "response") tokens[subscriptionId] = message.value.resumeToken;
    }
    const end = endsWith(messages, Code.Unavailable, "the server is shutting down").finally(() => requests.end());
    streams.push({ form, tokens, end });
  }
  await draining.app.close();
  for (const { form, tokens, end } of streams) assert.deepEqual({ ...(await end).resumeTokens }, tokens, form);
  assert.equal(draining.app.feed.subscribers, 0);
});

test("a stream has at most 100 subscriptions, and ends with the last one after its half-close", async () => {
  const [transport = assert.fail()] = bidiTransportsTo(server.baseUrl).values();
  const client = createClient(DirectoryService, transport);
  const requests = new Requests<Request>();
  for (let i = 0; i <= 100; i++) requests.push(add(`s${i}`, user("1")));
  const messages = new Stream(options => client.watch(requests, options));
  let message = "";
  while (!message.includes("failed")) message = said(await read(messages));
  assert.equal(message, "s100 failed 8 the stream has 100 subscriptions, at most 100");
  for (let i = 0; i < 100; i++) requests.push(remove(`s${i}`));
  requests.end();
  while (!(await messages.next()).done);
  await untilZero(() => server.app.feed.subscribers);
});
