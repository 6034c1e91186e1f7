import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { openStore } from "../store/open-store.ts";
import { START_POSITION } from "../store/records.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { etagOf } from "./etag.ts";
import type { UserInput } from "./user.ts";

const REQUEST = "6f1c2a34-0000-4000-8000-00000000000a";
const ANN: UserInput = { name: "Ann", email: "ann@example.com" };

async function open(t: TestContext): Promise<Directory & { events(): Promise<string[]> }> {
  const store = await openStore("sqlite::memory:");
  t.after(() => store.close());
  const events = async () => (await store.readEvents(START_POSITION, 1000)).events.map(({ type }) => type);
  return { ...createDirectory({ store }), events };
}

test("the demo users fill an empty directory once", async t => {
  const directory = await open(t);
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
  const directory = await open(t);
  const user = await directory.createUser({ ...ANN, age: 3, bio: "b", role: "editor" });
  assert.deepEqual(await directory.getUser("1"), user);
  assert.deepEqual(await directory.getUserByEmail("ANN@example.com"), user);
  assert.deepEqual(await directory.batchGetUsers(["1", "1"]), [user, user]);
});

test("an email is found in any letter case, and by no other that only folds to it", async t => {
  const directory = await open(t);
  const user = await directory.createUser({ name: "Strauß", email: "strauss@example.com" });
  assert.deepEqual(await directory.getUserByEmail("STRAUSS@example.com"), user);
  for (const email of ["strauß@example.com", "\u017ftrauss@example.com", "strauss@example.com\0"]) {
    await assert.rejects(directory.getUserByEmail(email), { name: "UserNotFoundError" });
  }
  assert.deepEqual((await directory.listUsers({ filter: "name:STRAUSS" })).users, [user]);
});

test("unknown users are not found, whatever the key looks like", async t => {
  const directory = await open(t);
  for (const id of ["1", "0", "-1", "01", "abc", "1.0", "9".repeat(20), ""]) {
    const refusal = { name: "UserNotFoundError", message: `user "${id}" not found` };
    await assert.rejects(directory.getUser(id), refusal);
    await assert.rejects(directory.batchGetUsers([id]), refusal);
    await assert.rejects(directory.deleteUser(id), refusal);
    assert.equal(await directory.deleteUser(id, { allowMissing: true }), undefined);
  }
  await assert.rejects(directory.getUserByEmail("x@y.z"), { message: 'user "x@y.z" not found' });
});

test("etags change with each change, and a stale or foreign one changes nothing", async t => {
  const directory = await open(t);
  const first = await directory.createUser(ANN);
  const other = await directory.createUser({ name: "B", email: "b@x.y" });
  const second = await directory.updateUser("1", { age: 4 }, [], { etag: etagOf(first) });
  assert.notEqual(etagOf(first), etagOf(second));
  for (const etag of [etagOf(first), etagOf(other), "?"]) {
    const refusal = {
      name: "EtagMismatchError",
      message: `user "1" has changed: etag "${etag}" is not its current one`,
    };
    await assert.rejects(directory.updateUser("1", { age: 5 }, [], { etag }), refusal);
    await assert.rejects(directory.deleteUser("1", { etag }), refusal);
  }
  assert.deepEqual(await directory.getUser("1"), second);
});

test("an etag of a state that a restore took back does not fit the state that has its version since", async t => {
  const states = [];
  for (const time of [1000, 1001]) {
    const store = await openStore("sqlite::memory:");
    t.after(() => store.close());
    let now = 0;
    const directory = createDirectory({ store, clock: () => now });
    await directory.createUser(ANN);
    now = time;
    states.push({ directory, user: await directory.updateUser("1", { age: 4 }, []) });
  }
  const [before, since] = states;
  assert.ok(before && since && before.user.version === since.user.version);
  const stale = { etag: etagOf(before.user) };
  await assert.rejects(since.directory.updateUser("1", { age: 5 }, [], stale), { name: "EtagMismatchError" });
  const { age } = await since.directory.updateUser("1", { age: 5 }, [], { etag: etagOf(since.user) });
  assert.equal(age, 5);
});

test("a delete is soft, a second one fails unless allowed, and an undelete takes it back", async t => {
  const directory = await open(t);
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

test("a delete that found nothing to delete is remembered: its retry deletes nothing, and answers the same", async t => {
  const directory = await open(t);
  await directory.createUser(ANN);
  const deleted = await directory.deleteUser("1");
  const options = { allowMissing: true, requestId: REQUEST };
  assert.deepEqual(await directory.deleteUser("1", options), deleted);
  await directory.undeleteUser("1");
  assert.deepEqual(await directory.deleteUser("1", options), deleted);
  assert.equal((await directory.getUser("1")).deleteTime, undefined);
  // Of a user that is yet to come, too, and of a text that is no id.
  for (const id of ["2", "nobody"]) {
    const unknown = { allowMissing: true, requestId: randomUUID() };
    assert.equal(await directory.deleteUser(id, unknown), undefined);
    if (id === "2") await directory.createUser({ name: "B", email: "b@x.y" });
    assert.equal(await directory.deleteUser(id, unknown), undefined);
    await assert.rejects(directory.deleteUser("1", unknown), { reason: "REQUEST_ID_REUSED" });
  }
  assert.deepEqual(await directory.events(), ["created", "deleted", "undeleted", "created"]);
});

test("an update that changes nothing is remembered: its retry undoes no later change", async t => {
  const directory = await open(t);
  const first = await directory.createUser(ANN);
  const again = () => directory.updateUser("1", { name: ANN.name }, [], { requestId: REQUEST });
  assert.deepEqual(await again(), first);
  const second = await directory.updateUser("1", { name: "Anna" }, []);
  assert.deepEqual(await again(), first);
  assert.deepEqual(await directory.getUser("1"), second);
});

test("a request id makes each change happen once, and is refused with another payload", async t => {
  const directory = await open(t);
  const options = { requestId: REQUEST };
  const user = await directory.createUser(ANN, options);
  assert.deepEqual(await directory.createUser(ANN, { requestId: REQUEST.toUpperCase() }), user);
  const refusal = { name: "InvalidFieldError", reason: "REQUEST_ID_REUSED", field: "request_id" };
  await assert.rejects(directory.createUser({ ...ANN, age: 3 }, options), refusal);
  await assert.rejects(directory.deleteUser("1", options), refusal);
  await assert.rejects(directory.createUser(ANN, { requestId: "x" }), {
    message: 'request_id "x" is not a UUID',
  });
  const once = { requestId: REQUEST.replace("a", "b") };
  const event = await directory.reportEvent("1", "login", new Uint8Array([1]), once);
  assert.deepEqual(await directory.reportEvent("1", "login", new Uint8Array([1]), once), event);
  assert.deepEqual(await directory.events(), ["created", "login"]);
});

test("an import names the index of what is bad, and stores nothing", async t => {
  const directory = await open(t);
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

test("pages follow each other by token, and a token is good for its arguments only", async t => {
  const directory = await open(t);
  await directory.importUsers(Array.from({ length: 120 }, (_, i) => ({ name: `u${i}`, email: `u${i}@x.y` })));
  const first = await directory.listUsers({ orderBy: "email desc" });
  assert.equal(first.users.length, 50);
  assert.equal(first.totalSize, undefined);
  const pageToken = first.nextPageToken;
  const second = await directory.listUsers({ orderBy: "email desc", pageToken, pageSize: 5000 });
  assert.equal(second.users.length, 70);
  assert.equal(second.nextPageToken, "");
  for (const other of [{}, { orderBy: "email" }, { orderBy: "email desc", filter: "u" }]) {
    await assert.rejects(directory.listUsers({ ...other, pageToken }), { reason: "INVALID_PAGE_TOKEN" });
  }
  await assert.rejects(directory.listUsers({ pageSize: -1 }), { message: 'page_size "-1" is below 0' });
  await assert.rejects(directory.listUsers({ orderBy: "age" }), {
    message: 'order_by "age" is not one of id, name, email, create_time, with an optional desc',
  });
});

test("a page and a batch are bounded by bytes, too: the page goes on by its token, the batch is refused", async t => {
  const directory = await open(t);
  // Two bytes each in UTF-16, four on the wire; and one on the wire in protobuf that is six in JSON.
  for (const bio of ["😀".repeat(2000), "\u0001".repeat(2000)]) {
    const tag = bio.charCodeAt(0);
    await directory.importUsers(
      Array.from({ length: 600 }, (_, i) => ({ name: `N${i}`, email: `n${i}.${tag}@x.y`, bio })),
    );
  }
  for (const orderBy of ["", "name desc", "email", "create_time desc"]) {
    const ids: number[] = [];
    let pages = 0;
    let pageToken = "";
    do {
      const page = await directory.listUsers({ pageSize: 1000, orderBy, pageToken });
      const bytes = page.users.reduce((sum, { bio }) => sum + Buffer.byteLength(JSON.stringify(bio)), 0);
      assert.ok(bytes < 4 * 1024 * 1024);
      ids.push(...page.users.map(({ id }) => id));
      pages += 1;
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.equal(ids.length, 1200);
    assert.equal(new Set(ids).size, 1200);
    assert.ok(pages >= 3 && pages <= 6, `${pages} pages`);
  }
  const batch = Array.from({ length: 600 }, (_, i) => String(i + 1));
  await assert.rejects(directory.batchGetUsers(batch), { name: "AnswerTooLargeError", reason: "ANSWER_TOO_LARGE" });
  assert.equal((await directory.batchGetUsers(batch.slice(0, 400))).length, 400);
});

test("an export reads every user by id, and stops when its signal does", async t => {
  const directory = await open(t);
  await directory.importUsers(Array.from({ length: 1200 }, (_, i) => ({ name: `u${i}`, email: `u${i}@x.y` })));
  const ids = (await Array.fromAsync(directory.exportUsers("", false))).map(({ id }) => id);
  assert.deepEqual(
    ids,
    Array.from({ length: 1200 }, (_, i) => i + 1),
  );
  const controller = new AbortController();
  let count = 0;
  for await (const user of directory.exportUsers("", false, controller.signal)) {
    count += 1;
    if (user.id === 3) controller.abort();
  }
  assert.equal(count, 3);
});

test("an event is reported under a free name, with at most 8 KiB", async t => {
  const directory = await open(t);
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
