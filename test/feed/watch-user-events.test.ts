import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type UserEvent, UserSchema, UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { endsWith, Requests, read, Stream, untilZero } from "../support/feed.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { bidiTransportsTo } from "../support/transports.ts";

type Request = { userId: string };

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

async function texts(events: AsyncIterator<UserEvent>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { eventType, userId } = await read(events);
    found.push(`${eventType} ${userId}`);
  }
  return found;
}

test("a user is shown, then followed, and what was reported comes as it was", async () => {
  for (const [form, transport] of bidiTransportsTo(server.baseUrl)) {
    const directory = createClient(DirectoryService, transport);
    const requests = new Requests<Request>().push({ userId: "1" });
    const events = new Stream(options => createClient(UserService, transport).watchUserEvents(requests, options));
    const { eventType, userId, payload, timestamp } = await read(events);
    assert.deepEqual([eventType, userId], ["snapshot", "1"], form);
    assert.equal(fromBinary(UserSchema, payload).name, "Alice Johnson");
    assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60);
    await directory.reportEvent({ userId: "1", type: "login", payload: new Uint8Array([1, 2]) });
    await directory.reportEvent({ userId: "2", type: "login" });
    await directory.updateUser({ user: { id: "1", name: "Alicia" } });
    await directory.deleteUser({ id: "1" });
    await directory.undeleteUser({ id: "1" });
    const login = await read(events);
    assert.deepEqual([login.eventType, login.payload], ["login", new Uint8Array([1, 2])]);
    const updated = await read(events);
    assert.equal(fromBinary(UserSchema, updated.payload).name, "Alicia");
    assert.deepEqual(await texts(events, 2), ["deleted 1", "undeleted 1"]);
    requests.push({ userId: "99" }, { userId: "nobody" }).end();
    assert.deepEqual((await texts(events, 2)).sort(), ["not_found 99", "not_found nobody"]);
    await directory.updateUser({ user: { id: "1", name: "Alice Johnson" } });
    assert.deepEqual(await texts(events, 1), ["profile_updated 1"], "half-close does not end the feed");
    events.leave();
  }
  await untilZero(() => server.app.feed.subscribers);
});

test("a user that is asked for again is shown in its place, and no event comes twice", async () => {
  const [transport = assert.fail()] = bidiTransportsTo(server.baseUrl).values();
  const directory = createClient(DirectoryService, transport);
  for (const first of ["1", "*"]) {
    const requests = new Requests<Request>().push({ userId: first });
    const events = new Stream(options => createClient(UserService, transport).watchUserEvents(requests, options));
    await texts(events, first === "*" ? 5 : 1);
    await directory.reportEvent({ userId: "1", type: "one" });
    assert.deepEqual(await texts(events, 1), ["one 1"]);
    requests.push({ userId: "1" });
    assert.deepEqual(await texts(events, 1), ["snapshot 1"]);
    await directory.reportEvent({ userId: "1", type: "two" });
    assert.deepEqual(await texts(events, 1), ["two 1"]);
    if (first === "*") requests.push({ userId: "99" });
    else requests.push({ userId: "*" });
    const answers = first === "*" ? ["not_found 99"] : ["snapshot 2", "snapshot 3", "snapshot 4", "snapshot 5"];
    assert.deepEqual(await texts(events, answers.length), answers);
    await directory.reportEvent({ userId: "1", type: "three" });
    await directory.reportEvent({ userId: "2", type: "four" });
    assert.deepEqual((await texts(events, 2)).sort(), ["four 2", "three 1"]);
    events.leave();
  }
});

test("every user of an empty directory is answered once, then those that come", async () => {
  await using empty = await startServer({ DEMO_DATA: "false" });
  const [transport = assert.fail()] = bidiTransportsTo(empty.baseUrl).values();
  const events = new Stream(options =>
    createClient(UserService, transport).watchUserEvents(new Requests<Request>().push({ userId: "*" }).end(), options),
  );
  assert.deepEqual(await texts(events, 1), ["not_found *"]);
  await createClient(DirectoryService, transport).createUser({ user: { name: "Ann", email: "ann@example.com" } });
  assert.deepEqual(await texts(events, 1), ["created 1"]);
  events.leave();
});

test("no user asked for, an empty id and a draining server end the stream", async () => {
  const draining = await startServer({ SHUTDOWN_GRACE_MS: "60000" });
  const ends = [];
  for (const transport of bidiTransportsTo(draining.baseUrl).values()) {
    const client = createClient(UserService, transport);
    assert.deepEqual(await Array.fromAsync(client.watchUserEvents(new Requests<Request>().end())), []);
    const nameless = new Stream(options =>
      client.watchUserEvents(new Requests<Request>().push({ userId: "" }).end(), options),
    );
    await endsWith(nameless, Code.InvalidArgument, "user_id is required");
    const requests = new Requests<Request>().push({ userId: "1" });
    const events = new Stream(options => client.watchUserEvents(requests, options));
    await read(events);
    const end = endsWith(events, Code.Unavailable, "the server is shutting down");
    ends.push(end.finally(() => requests.end()));
  }
  await draining.app.close();
  await Promise.all(ends);
  assert.equal(draining.app.feed.subscribers, 0);
});
