import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ViolationsSchema } from "../../gen/buf/validate/validate_pb.ts";
import {
  DirectoryService,
  type ImportUsersRequestSchema,
  Role,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { createDirectoryService } from "./directory.ts";
import { clients, fails, send, serve } from "./service.fixture.ts";

const REQUEST = "6f1c2a34-0000-4000-8000-00000000000a";

async function open(t: TestContext) {
  const served = await serve(t, (router, directory, options) =>
    router.service(DirectoryService, createDirectoryService(directory, options)),
  );
  return { ...served, clients: clients(DirectoryService, served) };
}

test("a user is read by id or by email, and many by ids", async t => {
  const { clients } = await open(t);
  for (const client of clients) {
    const alice = await client.getUser({ key: { case: "id", value: "1" } });
    assert.deepEqual(
      [alice.name, alice.age, alice.role, alice.deleteTime],
      ["Alice Johnson", 28, Role.ADMIN, undefined],
    );
    assert.deepEqual(await client.getUser({ key: { case: "email", value: "ALICE@example.com" } }), alice);
    assert.deepEqual(
      (await client.batchGetUsers({ ids: ["2", "1"] })).users.map(({ id }) => id),
      ["2", "1"],
    );
    const error = await fails(client.batchGetUsers({ ids: ["1", "77"] }), Code.NotFound, 'user "77" not found');
    const [info] = error.findDetails(ErrorInfoSchema);
    assert.deepEqual([info?.reason, info?.domain], ["USER_NOT_FOUND", "concierge.directory"]);
  }
});

test("methods without side effects work by Connect GET, and others do not", async t => {
  const { url } = await open(t);
  const session = connect(url);
  t.after(() => session.destroy());
  const status = async (method: string) => {
    const message = encodeURIComponent(JSON.stringify({ id: "1" }));
    const path = `/concierge.directory.v1.DirectoryService/${method}?connect=v1&encoding=json&message=${message}`;
    const stream = session.request({ ":method": "GET", ":path": path });
    const [headers] = await once(stream, "response");
    stream.close();
    return headers[":status"];
  };
  assert.equal(await status("GetUser"), 200);
  assert.equal(await status("DeleteUser"), 405);
});

test("protovalidate's rules arrive as violations, before the directory's own", async t => {
  const { clients } = await open(t);
  for (const client of clients) {
    const error = await fails(
      client.createUser({ user: { name: "A", email: "a@x.y", age: 151 }, requestId: "x" }),
      Code.InvalidArgument,
      /user\.age/,
    );
    const [violations] = error.findDetails(ViolationsSchema);
    assert.equal(violations?.violations.length, 2);
    assert.deepEqual(
      violations?.violations.map(({ ruleId }) => ruleId),
      ["int32.gte_lte", "string.uuid"],
    );
  }
});

test("the directory's rules arrive as a BadRequest", async t => {
  const { clients } = await open(t);
  for (const client of clients) {
    const call = client.createUser({ user: { name: " ", email: "a@x.y" } });
    const error = await fails(call, Code.InvalidArgument, 'name "" has 0 characters, at least 1');
    const [detail] = error.findDetails(BadRequestSchema);
    assert.deepEqual(
      detail?.fieldViolations.map(({ field }) => field),
      ["user.name"],
    );
  }
});

test("a user lives through create, update, delete and undelete", async t => {
  const { clients } = await open(t);
  const [client = assert.fail()] = clients;
  const created = await client.createUser({ user: { name: "Ann", email: "ann@x.y" }, requestId: REQUEST });
  const again = await client.createUser({ user: { name: "Ann", email: "ann@x.y" }, requestId: REQUEST });
  assert.deepEqual(again, created);
  const reused = client.createUser({ user: { name: "Bea", email: "bea@x.y" }, requestId: REQUEST });
  await fails(reused, Code.InvalidArgument, `request_id "${REQUEST}" was used with another payload`);
  const { id, etag } = created;
  const updated = await client.updateUser({ user: { id, etag, age: 5 }, updateMask: { paths: ["age"] } });
  assert.deepEqual([updated.age, updated.name], [5, "Ann"]);
  const stale = client.updateUser({ user: { id, etag, name: "X" } });
  await fails(stale, Code.Aborted, `user "${id}" has changed: etag "${etag}" is not its current one`);
  const masked = client.updateUser({ user: { id }, updateMask: { paths: ["create_time"] } });
  await fails(masked, Code.InvalidArgument, /^update_mask has path "create_time"/);
  await fails(client.updateUser({ user: { name: "X" } }), Code.InvalidArgument, "user.id is required");
  const deleted = await client.deleteUser({ id });
  assert.ok(deleted.deleteTime);
  await fails(client.deleteUser({ id }), Code.NotFound, `user "${id}" is deleted`);
  assert.deepEqual(await client.deleteUser({ id, allowMissing: true }), deleted);
  assert.equal((await client.deleteUser({ id: "99", allowMissing: true })).id, "");
  assert.equal((await client.undeleteUser({ id })).deleteTime, undefined);
  await fails(client.undeleteUser({ id }), Code.AlreadyExists, `user "${id}" is not deleted`);
  const event = await client.reportEvent({ userId: id, type: "login", payload: new Uint8Array([7]) });
  assert.deepEqual([event.type, event.payload, event.user], ["login", new Uint8Array([7]), undefined]);
});

test("pages follow each other, and a forged token is refused", async t => {
  const { clients } = await open(t);
  for (const client of clients) {
    const request = { pageSize: 2, filter: "role = viewer", orderBy: "name desc", includeTotalSize: true };
    const page = await client.listUsers({ ...request, pageSize: 1 });
    assert.deepEqual([page.users[0]?.name, page.totalSize], ["David Brown", 2]);
    const next = await client.listUsers({ ...request, pageToken: page.nextPageToken });
    assert.deepEqual([next.users[0]?.name, next.nextPageToken], ["Carol White", ""]);
    const forged = client.listUsers({ ...request, pageToken: `x${page.nextPageToken}` });
    await fails(forged, Code.InvalidArgument, "page_token was not given for a request with these arguments");
    await fails(client.listUsers({ filter: "x = y" }), Code.InvalidArgument, /^filter "x = y" has "x ="/);
  }
});

test("an import is exported again", async t => {
  const { clients } = await open(t);
  const [client = assert.fail()] = clients;
  const users = Array.from({ length: 1000 }, (_, i) => ({ user: { name: `u${i}`, email: `u${i}@x.y` } }));
  const [first, ...rest] = users;
  const send1000 = () =>
    client.importUsers(
      send<MessageInitShape<typeof ImportUsersRequestSchema>>({ ...first, requestId: REQUEST }, ...rest),
    );
  const { ids } = await send1000();
  assert.deepEqual((await send1000()).ids, ids);
  const exported = await Array.fromAsync(client.exportUsers({ filter: "u" }));
  assert.equal(exported.filter(({ id }) => ids.includes(id)).length, 1000);
  await fails(client.importUsers(send({ user: { name: "x", email: "?" } })), Code.InvalidArgument, /^user 0: email/);
  const bad = await fails(
    client.importUsers(
      send<MessageInitShape<typeof ImportUsersRequestSchema>>(...users, {
        user: { name: "x", email: "x@x.y", age: 151 },
      }),
    ),
    Code.InvalidArgument,
    /^user 1000: .*user\.age/,
  );
  assert.equal(bad.findDetails(ViolationsSchema).length, 1);
});
