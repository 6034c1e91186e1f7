import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type CreateUserRequestSchema, UserRole, UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { clients, fails, send, serve } from "./service.fixture.ts";
import { createUsersService } from "./users.ts";

async function open(t: TestContext) {
  const served = await serve(t, (router, directory, options) =>
    router.service(UserService, createUsersService(directory, options)),
  );
  return { ...served, clients: clients(UserService, served) };
}

test("GetUser answers the user, and NOT_FOUND or INVALID_ARGUMENT in fixed words", async t => {
  const { clients, directory } = await open(t);
  await directory.deleteUser("5");
  for (const client of clients) {
    const { user } = await client.getUser({ userId: "1" });
    const { id, name, email, role, createdAt, bio } = user ?? assert.fail();
    assert.deepEqual([id, name, email, role], ["1", "Alice Johnson", "alice@example.com", UserRole.ADMIN]);
    assert.equal(createdAt, BigInt(Date.UTC(2025, 9, 29, 10) / 1000));
    assert.equal(bio, "Runs the front desk");
    assert.equal((await client.getUser({ userId: "2" })).user?.bio, undefined);
    await fails(client.getUser({}), Code.InvalidArgument, "user_id is required");
    for (const userId of ["99", "x", "5"])
      await fails(client.getUser({ userId }), Code.NotFound, `User ${userId} not found`);
  }
});

test("BulkCreateUsers stores no users whom one answer does not hold", async t => {
  const { clients, directory } = await open(t);
  for (const client of clients) {
    const name = "😀".repeat(200);
    const many = Array.from({ length: 6000 }, (_, i) => ({ name, email: `u${i}@example.com` }));
    const message = /^the users of the answer have more than \d+ bytes, which is the most for one message$/;
    await fails(client.bulkCreateUsers(send(...many)), Code.ResourceExhausted, message);
    assert.equal((await directory.listUsers({ includeTotalSize: true })).totalSize, 5);
  }
});

test("CreateUser stores a viewer unless told otherwise, and refuses a taken email", async t => {
  const { clients } = await open(t);
  const [client] = clients;
  const user = await client?.createUser({ name: "Ann", email: "ann@example.com" });
  assert.deepEqual([user?.id, user?.role], ["6", UserRole.VIEWER]);
  for (const other of clients) {
    const taken = other.createUser({ name: "Ann", email: "ANN@example.com" });
    await fails(taken, Code.AlreadyExists, 'email "ANN@example.com" is taken');
    await fails(
      other.createUser({ name: "", email: "x@y.z" }),
      Code.InvalidArgument,
      'name "" has 0 characters, at least 1',
    );
    await fails(
      other.createUser({ name: "X", email: "x@y.z", role: 9 as UserRole }),
      Code.InvalidArgument,
      'role "9" is not one of 0 to 3',
    );
  }
});

test("ListUsers streams by id, from an offset, up to a limit, of one role", async t => {
  const { clients } = await open(t);
  for (const client of clients) {
    const ids = async (request: Parameters<typeof client.listUsers>[0]) =>
      (await Array.fromAsync(client.listUsers(request))).map(({ id }) => id).join();
    assert.equal(await ids({}), "1,2,3,4,5");
    assert.equal(await ids({ limit: 2, offset: 1 }), "2,3");
    assert.equal(await ids({ offset: 9 }), "");
    for (const filterRole of ["editor", "EDITOR", "USER_ROLE_EDITOR"]) assert.equal(await ids({ filterRole }), "2,5");
    await fails(ids({ limit: -1 }), Code.InvalidArgument, 'limit "-1" is below 0');
    await fails(ids({ offset: -1 }), Code.InvalidArgument, 'offset "-1" is below 0');
    for (const filterRole of ["king", "USER_ROLE_UNSPECIFIED"]) {
      const message = `filter_role "${filterRole}" is not one of admin, editor, viewer`;
      await fails(ids({ filterRole }), Code.InvalidArgument, message);
    }
  }
});

test("BulkCreateUsers stores all or nothing", async t => {
  const { clients, directory } = await open(t);
  const [client = assert.fail()] = clients;
  const users = Array.from({ length: 10_000 }, (_, i) => ({ name: `u${i}`, email: `u${i}@x.y` }));
  await fails(
    client.bulkCreateUsers(send(...users, { name: "x", email: "x@y.z" })),
    Code.ResourceExhausted,
    "more than 10000 users in one import",
  );
  const bad = client.bulkCreateUsers(send(...users.with(7777, { name: "x", email: "x" })));
  await fails(bad, Code.InvalidArgument, 'user 7777: email "x" is not an address such as "ann@example.com"');
  const role = 9 as UserRole;
  const unknown = client.bulkCreateUsers(
    send<MessageInitShape<typeof CreateUserRequestSchema>>(
      { name: "a", email: "a@x.y" },
      { name: "b", email: "b@x.y", role },
    ),
  );
  await fails(unknown, Code.InvalidArgument, 'user 1: role "9" is not one of 0 to 3');
  assert.equal((await directory.listUsers({ includeTotalSize: true })).totalSize, 5);
  const reply = await client.bulkCreateUsers(send(...users));
  assert.deepEqual([reply.totalCount, reply.users.length, reply.users[0]?.id], [10_000, 10_000, "6"]);
});

test("ListUsers ends when its client leaves", async t => {
  const { clients, directory } = await open(t);
  await directory.importUsers(Array.from({ length: 10_000 }, (_, i) => ({ name: `u${i}`, email: `u${i}@x.y` })));
  for (const client of clients) {
    let count = 0;
    for await (const _ of client.listUsers({})) {
      count += 1;
      if (count === 3) break;
    }
    assert.equal(count, 3);
    assert.equal((await client.getUser({ userId: "1" })).user?.id, "1");
  }
});
