import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import { requireSelfOr } from "../auth/caller.ts";
import { type Guarded, lanes, startGuarded, transports } from "./guarded.fixture.ts";

/** What the services were asked for. */
let ran: string[] = [];

/** Services that do nothing but note that they ran. User 13's look-up forgets to check, and fails for user 14. */
function routes(router: ConnectRouter) {
  router.service(DemoUserService, {
    getUser({ userId }, { values }) {
      ran.push(`get ${userId}`);
      if (userId === 14) throw new ConnectError("User 14 not found", Code.NotFound);
      if (userId !== 13) requireSelfOr(values, "viewer", String(userId));
      return { userId };
    },
    createUser: () => ({}),
  });
  router.service(UserService, {
    getUser: () => ({}),
    async *listUsers() {
      yield {};
    },
    async bulkCreateUsers(requests) {
      for await (const _ of requests);
      return {};
    },
    async *watchUserEvents(requests, { values }) {
      for await (const { userId } of requests) {
        if (userId !== "13") requireSelfOr(values, userId === "*" ? "admin" : "viewer", userId);
        yield { userId };
      }
    },
  });
}

async function codeOf(call: Promise<unknown>): Promise<keyof typeof Code | "OK"> {
  try {
    await call;
    return "OK";
  } catch (error) {
    return Code[ConnectError.from(error).code] as keyof typeof Code;
  }
}

async function first<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  for await (const message of stream) return message;
  return undefined;
}

async function* one<T>(message: T) {
  yield message;
}

/** How each caller fares with each method. */
async function faresOf(server: Guarded, protocol: keyof typeof transports, token?: string) {
  const users = server.client(UserService, token, protocol);
  const demo = server.client(DemoUserService, token, protocol);
  return {
    public: await codeOf(users.getUser({})),
    reads: await codeOf(first(users.listUsers({}))),
    writes: await codeOf(demo.createUser({})),
    imports: await codeOf(users.bulkCreateUsers(one({}))),
    readsItself: await codeOf(demo.getUser({ userId: 7 })),
    readsOther: await codeOf(demo.getUser({ userId: 8 })),
  };
}

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    test(`${laneName}, ${protocol}: the policy of each method decides by the caller's role`, async () => {
      await using server = await startGuarded(lane, routes);
      const no = "PermissionDenied";
      const fares = async (role?: "viewer" | "editor" | "admin") =>
        faresOf(server, protocol, await server.token("7", role));
      const u = "Unauthenticated";
      const anonymous = await faresOf(server, protocol);
      assert.deepEqual(anonymous, { public: "OK", reads: u, writes: u, imports: u, readsItself: u, readsOther: u });
      const nobody = { public: "OK", reads: no, writes: no, imports: no, readsItself: "OK", readsOther: no };
      assert.deepEqual(await fares(), nobody);
      const viewer = { ...nobody, reads: "OK", readsOther: "OK" };
      assert.deepEqual(await fares("viewer"), viewer);
      const all = { ...viewer, writes: "OK", imports: "OK" };
      assert.deepEqual(await fares("editor"), all);
      assert.deepEqual(await fares("admin"), all);
    });
  }

  test(`${laneName}: everybody may watch themselves, viewers each other, and admins all`, async () => {
    await using server = await startGuarded(lane, routes);
    const watch = async (userId: string, role?: "viewer" | "admin") =>
      codeOf(first(server.client(UserService, await server.token("7", role)).watchUserEvents(one({ userId }))));
    assert.equal(await watch("7"), "OK");
    assert.equal(await watch("8"), "PermissionDenied");
    assert.equal(await watch("8", "viewer"), "OK");
    assert.equal(await watch("*", "viewer"), "PermissionDenied");
    assert.equal(await watch("*", "admin"), "OK");
  });

  test(`${laneName}: no answer leaves a service that forgot to check, nor an error that tells as much`, async () => {
    await using server = await startGuarded(lane, routes);
    const token = await server.token("7");
    ran = [];
    for (const userId of [13, 14]) {
      await assert.rejects(server.client(DemoUserService, token).getUser({ userId }), {
        code: Code.PermissionDenied,
        rawMessage: 'UserService/GetUser needs the role "viewer", and the caller has none',
      });
    }
    assert.deepEqual(ran, ["get 13", "get 14"]);
    const stream = server.client(UserService, token).watchUserEvents(one({ userId: "13" }));
    await assert.rejects(first(stream), { code: Code.PermissionDenied });
    // Who has the role needs no check.
    const admin = server.client(UserService, await server.token("7", "admin"));
    assert.equal((await first(admin.watchUserEvents(one({ userId: "13" }))))?.userId, "13");
  });

  test(`${laneName}: a refusal says which role is needed, and is logged in one line with the id it carries`, async () => {
    await using server = await startGuarded(lane, routes);
    const call = server.client(DemoUserService, await server.token("7", "viewer")).createUser({});
    const error = ConnectError.from(await call.catch(reason => reason));
    assert.equal(error.rawMessage, 'UserService/CreateUser needs the role "editor", and the caller has "viewer"');
    const [info] = error.findDetails(ErrorInfoSchema);
    assert.equal(info?.reason, "ROLE_REQUIRED");
    assert.deepEqual(info?.metadata, { requiredRole: "editor", role: "viewer" });
    assert.equal(server.lines.length, 1);
    const [line] = server.lines;
    assert.equal(line?.code, "PERMISSION_DENIED");
    assert.equal(line?.method, "UserService/CreateUser");
    assert.equal(line?.requestId, error.metadata.get("x-request-id"));
    assert.equal(line?.level, 30);
  });

  test(`${laneName}: a call is refused before its body has come`, async () => {
    await using server = await startGuarded(lane, routes);
    const socket = net.connect(server.port, "127.0.0.1").setEncoding("utf8");
    socket.write("POST /UserService/CreateUser HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    socket.write("Content-Length: 5000\r\n\r\n");
    const [answer] = await once(socket, "data");
    assert.match(answer, /^HTTP\/1\.1 401 /);
    assert.match(answer, /www-authenticate: Bearer\r\n/i);
    socket.destroy();
  });
}
