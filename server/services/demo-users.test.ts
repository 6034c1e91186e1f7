import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { UserService } from "../../gen/user_service_pb.ts";
import { createDemoUsersService } from "./demo-users.ts";
import { clients, fails, send, serve } from "./service.fixture.ts";

async function open(t: TestContext) {
  const served = await serve(t, (router, directory, options) =>
    router.service(UserService, createDemoUsersService(directory, options)),
  );
  return clients(UserService, served);
}

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
