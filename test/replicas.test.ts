import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { DirectoryService, Start } from "../gen/concierge/directory/v1/directory_pb.ts";
import { UserService } from "../gen/user_service_pb.ts";
import { ALL, Requests, read, Stream, untilZero } from "./support/feed.ts";
import { type PostgresServer, startPostgres } from "./support/postgres.ts";
import { startServer, type TestServer } from "./support/server.ts";

let postgres: PostgresServer;
let replicas: readonly TestServer[];
before(async () => {
  postgres = await startPostgres();
  const env = { DATABASE_URL: await postgres.createDatabase() };
  replicas = await Promise.all([startServer(env), startServer(env)]);
});
after(async () => {
  await Promise.all(replicas.map(replica => replica[Symbol.asyncDispose]()));
  await postgres[Symbol.asyncDispose]();
});

function clientsOf<S extends typeof DirectoryService | typeof UserService>(service: S) {
  return replicas.map(({ baseUrl }) => createClient(service, createGrpcTransport({ baseUrl })));
}

test("two servers that start on an empty database at the same time fill it with the demo users once", async () => {
  for (const client of clientsOf(DirectoryService)) {
    const { users } = await client.listUsers({});
    assert.deepEqual(
      users.map(({ id, name }) => `${id} ${name}`),
      ["1 Alice Johnson", "2 Bob Smith", "3 Carol White", "4 David Brown", "5 Eve Davis"],
    );
  }
});

test("what one server stores the other shows, follows, and goes on with by the token of the first", async () => {
  const [one, other] = clientsOf(DirectoryService);
  assert.ok(one && other);
  const following = new Stream(options => other.subscribe({ selector: ALL, start: Start.NOW }, options));
  await read(following);
  const { id } = await one.createUser({ user: { name: "Ann", email: "ann@example.com" } });
  assert.equal((await other.getUser({ key: { case: "id", value: id } })).name, "Ann");
  let token = "";
  while (token === "") {
    const { message, resumeToken } = await read(following);
    if (message.case === "transaction") token = resumeToken;
  }
  following.leave();
  await other.deleteUser({ id });
  const resumed = new Stream(options => one.subscribe({ selector: ALL, resumeToken: token }, options));
  for (;;) {
    const { message } = await read(resumed);
    if (message.case !== "transaction") continue;
    assert.deepEqual(
      message.value.events.map(event => `${event.type} ${event.userId}`),
      [`deleted ${id}`],
    );
    break;
  }
  resumed.leave();
  for (const { app } of replicas) await untilZero(() => app.feed.subscribers);
});

test("a chat room is one across servers, in one order, and a participant goes once their own words came round", async () => {
  const rooms = clientsOf(UserService).map(client => {
    const requests = new Requests<{ userId: number; message: string }>();
    return { requests, heard: client.streamUsers(requests)[Symbol.asyncIterator]() };
  });
  // Who has heard themselves is in the room.
  for (const [index, { requests, heard }] of rooms.entries()) {
    requests.push({ userId: index, message: `here ${index}` });
    while ((await read(heard)).message !== `here ${index}`);
  }
  const heardBefore = await read((rooms[0] as (typeof rooms)[0]).heard);
  assert.equal(heardBefore.message, "here 1");
  for (let i = 0; i < 50; i++)
    for (const [index, { requests }] of rooms.entries()) requests.push({ userId: index, message: `${i}` });
  const seen = await Promise.all(
    rooms.map(async ({ heard }) => {
      const messages: string[] = [];
      while (messages.length < 100) {
        const { userId, message } = await read(heard);
        messages.push(`${userId} ${message}`);
      }
      return messages;
    }),
  );
  assert.deepEqual(seen[1], seen[0]);
  for (const index of [0, 1]) {
    const own = seen[0]?.filter(message => message.startsWith(`${index} `));
    assert.deepEqual(
      own,
      Array.from({ length: 50 }, (_, i) => `${index} ${i}`),
    );
  }
  for (const { requests, heard } of rooms) {
    requests.push({ userId: 9, message: "bye" }).end();
    const words: string[] = [];
    for (let next = await heard.next(); !next.done; next = await heard.next()) words.push(next.value.message);
    assert.equal(words.at(-1), "bye");
  }
  for (const { app } of replicas) await untilZero(() => app.feed.subscribers);
});

test("a database that is out of reach makes the services that need it not serve, not the server, and is told in the log", async t => {
  const own = await startPostgres();
  t.after(() => own[Symbol.asyncDispose]());
  await using server = await startServer({ DATABASE_URL: await own.createDatabase() });
  await own.stop("SIGQUIT");
  const line = await server.line(({ msg }) => msg === "the store is unreachable");
  assert.equal(line.level, 50);
  const readyz = await fetch(`${server.baseUrl}/readyz`);
  assert.equal(readyz.status, 200);
  const health = (service: string) =>
    fetch(`${server.baseUrl}/grpc.health.v1.Health/Check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ service }),
    }).then(response => response.json());
  assert.deepEqual(await health(DirectoryService.typeName), { status: "NOT_SERVING" });
  assert.deepEqual(await health("greeter.Greeter"), { status: "SERVING" });
  await own.start();
  await server.line(({ msg }) => msg === "the store is ready");
  assert.deepEqual(await health(DirectoryService.typeName), { status: "SERVING" });
});

test("a database that cannot be used ends the start with one line and exit code 1, and no secret in it", async () => {
  const main = fileURLToPath(new URL("../server/main.ts", import.meta.url));
  const url = postgres.urlOf("nowhere").replace("postgres@", "postgres:hunter2@");
  const child = spawn(process.execPath, [main], { env: { PATH: process.env.PATH, PORT: "0", DATABASE_URL: url } });
  const [output, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  assert.equal(code, 1);
  assert.equal(error, 'DATABASE_URL: there is no database "nowhere"; make it (CREATE DATABASE), or name another\n');
  assert.doesNotMatch(output + error, /hunter2/);
});
