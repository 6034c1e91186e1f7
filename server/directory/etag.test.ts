import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../store/open-store.ts";
import { ANN, openDirectory } from "./directory.fixture.ts";
import { createDirectory } from "./directory.ts";
import { etagOf } from "./etag.ts";

test("etags change with each change, and a stale or foreign one changes nothing", async t => {
  const directory = await openDirectory(t);
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
