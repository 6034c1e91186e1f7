import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../store/open-store.ts";
import { ANN, openDirectory } from "./directory.fixture.ts";
import { createDirectory } from "./directory.ts";
import type { UserInput } from "./user.ts";

test("the demo users stay out of a directory that another process has filled since it was looked at", async t => {
  const store = await openStore("sqlite::memory:");
  t.after(() => store.close());
  await createDirectory({ store }).createUser(ANN);
  const directory = createDirectory({ store: { ...store, isEmpty: async () => true } });
  assert.equal(await directory.addDemoUsers(), false);
  assert.equal(await store.countUsers({}), 1);
});

test("the demo users fill an empty directory once", async t => {
  const directory = await openDirectory(t);
  assert.equal(await directory.addDemoUsers(), true);
  assert.equal(await directory.addDemoUsers(), false);
  const alice = await directory.getUser("1");
  const { name, email, age, role, createTime } = alice;
  assert.deepEqual([name, email, age, role], ["Alice Johnson", "alice@example.com", 28, "admin"]);
  assert.equal(new Date(createTime).toISOString(), "2025-10-29T10:00:00.000Z");
  const bob = await directory.getUser("2");
  assert.deepEqual([bob.name, bob.role], ["Bob Smith", "editor"]);
  assert.equal((await directory.createUser(ANN)).id, 6);
  const batch = ["x", "y", "z"].map(name => ({ name, email: `${name}@x.y` }));
  assert.deepEqual(
    (await directory.importUsers(batch)).map(({ id }) => id),
    [7, 8, 9],
  );
});

test("what is created is answered as it is read", async t => {
  const directory = await openDirectory(t);
  const user = await directory.createUser({ ...ANN, age: 3, bio: "b", role: "editor" });
  assert.deepEqual(await directory.getUser("1"), user);
  assert.deepEqual(await directory.getUserByEmail("ANN@example.com"), user);
  assert.deepEqual(await directory.batchGetUsers(["1", "1"]), [user, user]);
});

test("unknown users are not found, whatever the key looks like", async t => {
  const directory = await openDirectory(t);
  for (const id of ["1", "0", "-1", "01", "abc", "1.0", "9".repeat(20), ""]) {
    const refusal = { name: "UserNotFoundError", message: `user "${id}" not found` };
    await assert.rejects(directory.getUser(id), refusal);
    await assert.rejects(directory.batchGetUsers([id]), refusal);
    await assert.rejects(directory.deleteUser(id), refusal);
    assert.equal(await directory.deleteUser(id, { allowMissing: true }), undefined);
  }
  await assert.rejects(directory.getUserByEmail("x@y.z"), { message: 'user "x@y.z" not found' });
});

test("a delete is soft, a second one fails unless allowed, and an undelete takes it back", async t => {
  const directory = await openDirectory(t);
  await directory.createUser(ANN);
  await assert.rejects(directory.undeleteUser("1"), { name: "UserNotDeletedError" });
  const deleted = await directory.deleteUser("1");
  assert.ok(deleted?.deleteTime);
  assert.deepEqual(await directory.getUser("1"), deleted);
  const refusal = { name: "UserNotFoundError", message: 'user "1" is deleted' };
  await assert.rejects(directory.deleteUser("1"), refusal);
  await assert.rejects(directory.updateUser("1", { age: 1 }, []), refusal);
  await assert.rejects(directory.reportEvent("1", "login", new Uint8Array()), refusal);
  assert.deepEqual(await directory.deleteUser("1", { allowMissing: true }), deleted);
  assert.equal((await directory.undeleteUser("1")).deleteTime, undefined);
  assert.deepEqual(await directory.events(), ["created", "deleted", "undeleted"]);
});

test("an import names the index of what is bad, and stores nothing", async t => {
  const directory = await openDirectory(t);
  await directory.createUser(ANN);
  const users = Array.from({ length: 10_000 }, (_, i) => ({ name: `u${i}`, email: `u${i}@x.y` }));
  const replaced = (index: number, user: UserInput) => users.with(index, user);
  await assert.rejects(directory.importUsers(replaced(9998, { name: "", email: "x@y.z" })), {
    name: "InvalidFieldError",
    field: "name",
    index: 9998,
    message: 'user 9998: name "" has 0 characters, at least 1',
  });
  await assert.rejects(directory.importUsers(replaced(9998, { name: "x", email: "U7@x.y" })), {
    field: "email",
    index: 9998,
    message: 'user 9998: email "U7@x.y" is that of user 7 too',
  });
  await assert.rejects(directory.importUsers(replaced(9998, ANN)), {
    name: "EmailTakenError",
    index: 9998,
    message: 'user 9998: email "ann@example.com" is taken',
  });
  await assert.rejects(directory.importUsers([...users, ANN]), {
    name: "TooManyUsersError",
    message: "more than 10000 users in one import",
  });
  assert.equal((await directory.listUsers({ includeTotalSize: true })).totalSize, 1);
});

test("an event is reported under a free name, with at most 8 KiB", async t => {
  const directory = await openDirectory(t);
  await directory.createUser(ANN);
  await directory.reportEvent("1", "login", new Uint8Array(8192));
  await assert.rejects(directory.reportEvent("1", "login", new Uint8Array(8193)), {
    message: "payload has 8193 bytes, at most 8192",
  });
  for (const type of ["deleted", "snapshot"]) {
    const message = `type "${type}" is reserved for the server`;
    await assert.rejects(directory.reportEvent("1", type, new Uint8Array()), { message });
  }
  for (const type of ["", "Login", "1a", "a".repeat(64)]) {
    await assert.rejects(directory.reportEvent("1", type, new Uint8Array()), { field: "type" });
  }
});
