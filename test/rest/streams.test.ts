import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { test } from "node:test";
import { makeFolder } from "../support/certificates.ts";
import { startServer } from "../support/server.ts";
import { asks } from "./ask.ts";
import { type EventStream, openEvents } from "./events.ts";

const subscribeUrl = "/v1/users:subscribe?selector.all=true&start=START_EARLIEST";

/** The types of all events up to the first of a type, and the id of the last. */
async function readUntil(
  stream: EventStream,
  type: string,
): Promise<{ readonly types: string[]; readonly id: string }> {
  const types: string[] = [];
  for (;;) {
    const event = await stream.next();
    assert.ok(event, `the stream ended after ${types}`);
    for (const { type: each, userId } of event.data.transaction?.events ?? []) types.push(`${each} ${userId}`);
    if (types.at(-1)?.startsWith(type)) return { types, id: event.id ?? "" };
  }
}

for (const lane of ["wire", "connect"]) {
  for (const [version, ask] of Object.entries(asks)) {
    const on = `on the ${lane} lane over HTTP/${version}`;

    test(`a stream of replies is a line of JSON each, or an event each, ${on}`, async () => {
      await using server = await startServer({ LANE: lane });
      const { baseUrl } = server;
      for (const [accept, type] of [
        [undefined, "application/jsonl"],
        ["application/x-ndjson", "application/jsonl"],
        ["text/event-stream;q=0.5, application/jsonl", "application/jsonl"],
      ] as const) {
        const answer = await ask(baseUrl, "/v1/users:export", accept === undefined ? {} : { headers: { accept } });
        assert.equal(answer.headers["content-type"], type);
        assert.equal(answer.headers["cache-control"], "no-store");
        const users = answer.text
          .trimEnd()
          .split("\n")
          .map(line => JSON.parse(line));
        assert.deepEqual(
          users.map(({ id }) => id),
          ["1", "2", "3", "4", "5"],
        );
      }
      const events = await ask(baseUrl, "/v1/users:export?filter=role%20%3D%20admin", {
        headers: { accept: "text/event-stream" },
      });
      assert.equal(events.headers["content-type"], "text/event-stream; charset=utf-8");
      assert.match(events.text, /^data: \{"id":"1".*\}\n\nevent: status\ndata: \{"code":200,"status":"OK"\}\n\n$/);
      const bad = await ask(baseUrl, "/v1/users:export?filter=x%20%3D", { headers: { accept: "text/event-stream" } });
      assert.deepEqual([bad.status, bad.json.error.status], [400, "INVALID_ARGUMENT"]);
    });

    test(`lines of JSON are a stream of requests, all of them or none, ${on}`, async () => {
      await using server = await startServer({ LANE: lane });
      const { baseUrl } = server;
      const lines = (...users: readonly unknown[]) => users.map(user => JSON.stringify({ user }));
      const send = (body: string, headers: Record<string, string> = {}) =>
        ask(baseUrl, "/v1/users:import", {
          method: "POST",
          body: Buffer.from(body),
          headers: { "content-type": "application/jsonl", ...headers },
        });
      const good = lines({ name: "a", email: "a@x.y" }, { name: "b", email: "b@x.y" });
      const key = { "idempotency-key": crypto.randomUUID() };
      const first = await send(`${good.join("\r\n")}\n\n`, key);
      assert.deepEqual(
        [first.status, first.headers["content-type"], first.json],
        [200, "application/json", { ids: ["6", "7"] }],
      );
      assert.deepEqual((await send(good.join("\n"), key)).json, first.json);
      const [line = ""] = lines({ name: "c", email: "c@x.y" });
      for (const [body, message] of [
        [`${line}\n{"user":`, /user 1: the body is no JSON/],
        [`${line}\n[]`, /user 1: the body must be a JSON object/],
        [`${line}\n${lines({ name: "", email: "d@x.y" })}`, /user 1: /],
        [`${line}\n${lines({ name: "d", email: "d@x.y", age: "old" })}`, /user 1: .*age/],
      ] as const) {
        const answer = await send(body);
        assert.equal(answer.status, 400, body);
        assert.match(answer.json.error.message, message);
      }
      const long = await send(`${line}\n{"user":{"bio":"${"x".repeat(4 * 1024 * 1024)}"}}`);
      assert.deepEqual([long.status, long.json.error.status], [413, "RESOURCE_EXHAUSTED"]);
      assert.equal((await send(line, { "content-encoding": "gzip" })).status, 415);
      assert.equal((await ask(baseUrl, "/v1/users?includeTotalSize=true")).json.totalSize, 7);
    });
  }
}

test("a stream of events resumes behind the last id, across a restart, none missing and none twice", async () => {
  using folder = makeFolder();
  const env = { DATABASE_URL: `sqlite:${folder.path}/users.db`, DEMO_DATA: "true" };
  const ask = asks["1.1"] ?? assert.fail();
  const create = (baseUrl: string, name: string) =>
    ask(baseUrl, "/v1/users", { method: "POST", body: { name, email: `${name}@x.y` } });
  let last: string;
  {
    await using server = await startServer(env);
    await using stream = await openEvents(server.baseUrl, subscribeUrl);
    assert.equal(stream.status, 200);
    assert.equal(stream.headers["x-accel-buffering"], "no");
    await create(server.baseUrl, "a");
    const { types, id } = await readUntil(stream, "created 6");
    assert.deepEqual(
      types,
      ["1", "2", "3", "4", "5", "6"].map(user => `created ${user}`),
    );
    last = id;
    await create(server.baseUrl, "b");
    // The server ends the stream, and tells why.
    const closing = server.app.close();
    let ending = await stream.next();
    while (ending && ending.type !== "status") ending = await stream.next();
    assert.equal(ending?.data.error.status, "UNAVAILABLE");
    assert.equal(await stream.next(), undefined);
    await closing;
  }
  await using server = await startServer(env);
  await create(server.baseUrl, "c");
  await using stream = await openEvents(server.baseUrl, subscribeUrl, last);
  const { types } = await readUntil(stream, "created 8");
  assert.deepEqual(types, ["created 7", "created 8"]);
});

test("an event whose reply has no token has no id, and a bad token is a plain status", async () => {
  await using server = await startServer();
  const url = "/v1/users:subscribe?selector.all=true&start=START_SNAPSHOT_THEN_FOLLOW";
  await using stream = await openEvents(server.baseUrl, url);
  let withoutId = 0;
  for (;;) {
    const event = await stream.next();
    assert.ok(event);
    assert.equal(event.id, event.data.resumeToken);
    assert.notEqual(event.id, "");
    if (event.data.snapshot && event.id === undefined) withoutId++;
    if (event.data.synced) break;
  }
  assert.ok(withoutId > 0);
  await using refused = await openEvents(server.baseUrl, url, "no token of ours");
  assert.equal(refused.status, 400);
});

test("a body of lines may be longer than any message", async () => {
  await using server = await startServer({ DEMO_DATA: "false" });
  const { hostname, port } = new URL(server.baseUrl);
  const headers = { "content-type": "application/jsonl" };
  const request = http.request({ hostname, port, path: "/v1/greetings:many", method: "POST", headers, agent: false });
  const line = `${JSON.stringify({ name: "x".repeat(1000), age: 20 })}\n`;
  const sent = 6000;
  for (let n = 0; n < sent; n++) if (!request.write(line)) await once(request, "drain");
  request.end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const { message } = JSON.parse((await response.toArray()).join(""));
  assert.equal(message, `Hello to ${sent} people! Average age: 20.0`);
});
