import assert from "node:assert/strict";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { UserService } from "../../gen/user_service_pb.ts";
import type { Directory } from "../directory/directory.ts";
import { openStore } from "../store/open-store.ts";
import { openConnection } from "../store/sqlite/database.ts";
import { createDemoUsersService } from "./demo-users.ts";
import type { FeedServiceOptions } from "./feed-options.ts";
import { clients, fails, type Served, send, serve } from "./service.fixture.ts";

function openServed(t: TestContext, database?: string): Promise<Served> {
  const mount = (router: ConnectRouter, directory: Directory, options: FeedServiceOptions) =>
    router.service(UserService, createDemoUsersService(directory, options));
  return serve(t, mount, database);
}

async function open(t: TestContext) {
  return clients(UserService, await openServed(t));
}

/** Makes a database of one user with an id. */
async function makeDatabase(t: TestContext, id: number): Promise<string> {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  const file = join(folder.path, "x.db");
  const store = await openStore(`sqlite:${file}`);
  await store.write({ kind: "create", time: 0, users: [{ name: "A", email: "a@x.y", role: "viewer" }] });
  await store.close();
  const connection = openConnection(file);
  connection.prepare("UPDATE users SET id = ?").run(id);
  connection.close();
  return `sqlite:${file}`;
}

test("a user whose id is no int32 is refused by name, and not stored", async t => {
  const served = await openServed(t, await makeDatabase(t, 2 ** 31 - 2));
  const [client = assert.fail(), other = assert.fail()] = clients(UserService, served);
  assert.equal((await client.createUser({ name: "B", email: "b@x.y" })).userId, 2 ** 31 - 1);
  const tooLarge = "the user's id is above 2147483647, the largest that this service can tell";
  for (const one of [client, other]) {
    await fails(one.createUser({ name: "C", email: "c@x.y" }), Code.OutOfRange, tooLarge);
    await fails(one.batchCreateUsers(send({ name: "C", email: "c@x.y" })), Code.OutOfRange, tooLarge);
  }
  assert.equal((await served.directory.listUsers({ includeTotalSize: true })).totalSize, 2);
  // Other services tell larger ids.
  assert.equal((await served.directory.createUser({ name: "C", email: "c@x.y" })).id, 2 ** 31);
  await fails(Array.fromAsync(other.listUsers({})), Code.OutOfRange, tooLarge);
});

test("GetUser answers the user with its age and its time in UTC", async t => {
  for (const client of await open(t)) {
    const { userId, name, email, age, createdAt } = await client.getUser({ userId: 1 });
    const expected = [1, "Alice Johnson", "alice@example.com", 28, "2025-10-29T10:00:00"];
    assert.deepEqual([userId, name, email, age, createdAt], expected);
    await fails(client.getUser({ userId: 99 }), Code.NotFound, "User 99 not found");
    await fails(client.getUser({ userId: -1 }), Code.NotFound, "User -1 not found");
    await fails(client.getUser({}), Code.InvalidArgument, "user_id is required");
  }
});

test("CreateUser gets 6, and a batch of three gets 7, 8 and 9", async t => {
  const [client = assert.fail()] = await open(t);
  const user = await client.createUser({ name: "Ann", email: "ann@example.com", age: 30 });
  assert.deepEqual([user.userId, user.age], [6, 30]);
  const batch = ["x", "y", "z"].map(name => ({ name, email: `${name}@example.com` }));
  const { usersCreated, userIds } = await client.batchCreateUsers(send(...batch));
  assert.deepEqual([usersCreated, userIds], [3, [7, 8, 9]]);
  assert.equal((await client.getUser({ userId: 7 })).age, 0);
  await fails(
    client.createUser({ name: "B", email: "b@x.y", age: 151 }),
    Code.InvalidArgument,
    'age "151" is not from 0 to 150',
  );
  const mixed = client.batchCreateUsers(send({ name: "P", email: "p@x.y" }, { name: "Q", email: "Ann@example.com" }));
  await fails(mixed, Code.AlreadyExists, 'user 1: email "Ann@example.com" is taken');
  assert.equal((await client.createUser({ name: "P", email: "p@x.y" })).userId, 10);
});

test("ListUsers streams up to a limit, 0 meaning all", async t => {
  for (const client of await open(t)) {
    const count = async (limit: number) => (await Array.fromAsync(client.listUsers({ limit }))).length;
    assert.deepEqual([await count(0), await count(3), await count(99)], [5, 3, 5]);
    await fails(count(-1), Code.InvalidArgument, 'limit "-1" is below 0');
  }
});
