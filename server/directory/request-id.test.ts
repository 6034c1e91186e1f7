import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { ANN, openDirectory, REQUEST } from "./directory.fixture.ts";

test("a delete that found nothing to delete is remembered: its retry deletes nothing, and answers the same", async t => {
  const directory = await openDirectory(t);
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
  const directory = await openDirectory(t);
  const first = await directory.createUser(ANN);
  const again = () => directory.updateUser("1", { name: ANN.name }, [], { requestId: REQUEST });
  assert.deepEqual(await again(), first);
  const second = await directory.updateUser("1", { name: "Anna" }, []);
  assert.deepEqual(await again(), first);
  assert.deepEqual(await directory.getUser("1"), second);
});

test("a request id makes each change happen once, and is refused with another payload", async t => {
  const directory = await openDirectory(t);
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
