import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";

/** In how many seconds the tokens of these tests expire: the tolerance ago, and a second or two. */
const ttlSeconds = -28;

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return ConnectError.from(
    await call.then(
      () => assert.fail(),
      reason => reason,
    ),
  );
}

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    test(`${laneName}, ${protocol}: a stream ends with its token, silent or not, and its service is told`, async () => {
      const told = { silent: Promise.withResolvers<string>(), busy: Promise.withResolvers<string>() };
      await using server = await startGuarded(lane, router => {
        router.service(UserService, {
          async *listUsers({ filterRole }, { signal }) {
            yield {};
            const ended = new Promise(resolve => signal.addEventListener("abort", resolve, { once: true }));
            try {
              if (filterRole === "silent") await ended;
              else while (!signal.aborted) yield await new Promise(resolve => setImmediate(() => resolve({})));
            } finally {
              told[filterRole as keyof typeof told].resolve(ConnectError.from(signal.reason).rawMessage);
            }
          },
          async bulkCreateUsers(requests) {
            for await (const _ of requests);
            return {};
          },
        });
      });
      const client = server.client(UserService, await server.token("alice", "admin", ttlSeconds), protocol);
      async function take(how: string) {
        for await (const _ of client.listUsers({ filterRole: how }));
      }
      const { promise: never, resolve } = Promise.withResolvers<void>();
      async function* endless() {
        yield {};
        await never;
      }
      const calls = [
        take("silent"),
        take("busy"),
        ...(protocol === "gRPC-Web" ? [] : [client.bulkCreateUsers(endless())]),
      ];
      for (const error of await Promise.all(calls.map(errorOf))) {
        assert.equal(error.code, Code.Unauthenticated);
        assert.equal(error.rawMessage, "token expired");
      }
      resolve();
      for (const { promise } of Object.values(told)) assert.equal(await promise, "token expired");
      // And no new one begins.
      assert.equal((await errorOf(take("silent"))).rawMessage, "token expired");
      const codes = server.lines.map(({ code }) => code);
      assert.deepEqual(codes, Array(calls.length + 1).fill("UNAUTHENTICATED"));
    });
  }
}
