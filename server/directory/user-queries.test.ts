import assert from "node:assert/strict";
import { test } from "node:test";
import { openDirectory } from "./directory.fixture.ts";

test("an email is found in any letter case, and by no other that only folds to it", async t => {
  const directory = await openDirectory(t);
  const user = await directory.createUser({ name: "Strauß", email: "strauss@example.com" });
  assert.deepEqual(await directory.getUserByEmail("STRAUSS@example.com"), user);
  for (const email of ["strauß@example.com", "\u017ftrauss@example.com", "strauss@example.com\0"]) {
    await assert.rejects(directory.getUserByEmail(email), { name: "UserNotFoundError" });
  }
  assert.deepEqual((await directory.listUsers({ filter: "name:STRAUSS" })).users, [user]);
});

test("pages follow each other by token, and a token is good for its arguments only", async t => {
  const directory = await openDirectory(t);
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
  const directory = await openDirectory(t);
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
  const directory = await openDirectory(t);
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
