import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdminService } from "../gen/concierge/admin/v1/admin_pb.ts";
import { DirectoryService, Start } from "../gen/concierge/directory/v1/directory_pb.ts";
import { UserService } from "../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../gen/user_service_pb.ts";
import { policyOf } from "../host/auth/policy.ts";
import { startProvider } from "../host/auth/provider.fixture.ts";
import { ALL, read, Stream } from "./support/feed.ts";
import { createRawCaller, wiresOf } from "./support/raw-calls.ts";
import { startServer } from "./support/server.ts";
import { badTokens, goodClaims } from "./support/tokens.ts";

const common = { issuer: "https://id.example.com", audience: "concierge" };

/** A call that changes something, and the event that tells of it. */
interface Write {
  readonly method: DescMethod;
  readonly message: Message;
  /** Type and user of its event. */
  readonly event: string;
}

function write<M extends DescMethod>(method: M, init: Parameters<typeof create<M["input"]>>[1], event: string): Write {
  return { method, message: create(method.input, init), event };
}

/** In an order in which all of them succeed, on the five demo users. */
const writes: readonly Write[] = [
  write(DirectoryService.method.createUser, { user: { name: "A", email: "a@example.org" } }, "created 6"),
  write(DirectoryService.method.importUsers, { user: { name: "B", email: "b@example.org" } }, "created 7"),
  write(DirectoryService.method.updateUser, { user: { id: "1", name: "C" } }, "profile_updated 1"),
  write(DirectoryService.method.reportEvent, { userId: "1", type: "login" }, "login 1"),
  write(DirectoryService.method.deleteUser, { id: "2" }, "deleted 2"),
  write(DirectoryService.method.undeleteUser, { id: "2" }, "undeleted 2"),
  write(UserService.method.createUser, { name: "D", email: "d@example.org" }, "created 8"),
  write(UserService.method.bulkCreateUsers, { name: "E", email: "e@example.org" }, "created 9"),
  write(DemoUserService.method.createUser, { name: "F", email: "f@example.org" }, "created 10"),
  write(DemoUserService.method.batchCreateUsers, { name: "G", email: "g@example.org" }, "created 11"),
];

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: no bad token has anything done, and a good one has`, async t => {
    await using provider = await startProvider();
    const auth = { AUTH_JWKS_URL: provider.url.href, AUTH_ISSUER: common.issuer, AUTH_AUDIENCE: common.audience };
    await using server = await startServer({
      LANE,
      DEMO_DATA: "true",
      RATE_LIMIT: "off",
      LOG_LEVEL: "silent",
      ...auth,
    });
    const methods = server.app.services.flatMap(({ service }) => service.methods);
    const writing = methods.filter(method => {
      const { access, self } = policyOf(method) ?? {};
      // What an administrator may do to the server itself tells no event.
      return method.parent !== AdminService && (access === "editor" || (access === "admin" && !self));
    });
    // By name: the difference of two descriptors is as large as all contracts.
    const nameOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;
    assert.deepEqual(new Set(writes.map(({ method }) => nameOf(method))), new Set(writing.map(nameOf)));

    const admin = [`Bearer ${await provider.sign(goodClaims(common, "1", "admin"))}`] as const;
    const viewer = `Bearer ${await provider.sign(goodClaims(common, "1", "viewer"))}`;
    const headers = { authorization: admin[0] };
    const directory = createClient(DirectoryService, createGrpcTransport({ baseUrl: server.baseUrl }));
    const users = () => Array.fromAsync(directory.exportUsers({ showDeleted: true }, { headers }));
    const before = await users();
    const start = Start.SNAPSHOT_THEN_FOLLOW;
    const feed = new Stream(options => directory.subscribe({ selector: ALL, start }, { ...options, headers }));
    while ((await read(feed)).message.case !== "synced");

    await using h1 = createRawCaller("1.1", server.port);
    await using h2 = createRawCaller("2", server.port);
    const bad = [...(await badTokens(provider, common)), { what: "a viewer's token", headers: [viewer] }];
    const calls = bad.flatMap(token =>
      writes.flatMap(each =>
        wiresOf(each.method).flatMap(wire => [h1, h2].map(caller => ({ caller, wire, token, ...each }))),
      ),
    );
    const queue = calls.values();
    async function work() {
      for (const { caller, wire, method, message, token } of queue) {
        const { code } = await caller.call(wire, method, token.headers, message);
        assert.notEqual(code, 0, `${method.name} with ${token.what}`);
      }
    }
    await Promise.all(Array.from({ length: 32 }, work));
    t.diagnostic(`${calls.length} calls: ${writes.length} methods, ${bad.length} tokens`);
    assert.deepEqual(await users(), before);

    const told: string[] = [];
    for (const { method, message } of writes) {
      assert.deepEqual(await h2.call("gRPC", method, admin, message), { status: 200, code: 0 }, method.name);
    }
    // The feed misses nothing: whatever had been done before would come first.
    while (told.length < writes.length) {
      const { message } = await read(feed);
      if (message.case === "transaction")
        told.push(...message.value.events.map(({ type, userId }) => `${type} ${userId}`));
    }
    feed.leave();
    assert.deepEqual(
      told,
      writes.map(({ event }) => event),
    );
  });
}
