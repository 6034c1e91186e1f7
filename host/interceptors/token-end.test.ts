import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { createClock } from "../auth/clock.fixture.ts";
import { toleranceSeconds } from "../auth/token-verifier.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";

/** How long the tokens of these tests live, in seconds. */
const ttlSeconds = 60;

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
      const begun = {
        silent: Promise.withResolvers<void>(),
        busy: Promise.withResolvers<void>(),
        sent: Promise.withResolvers<void>(),
      };
      const clock = createClock();
      const told = { silent: Promise.withResolvers<string>(), busy: Promise.withResolvers<string>() };
      const routes = (router: ConnectRouter) => {
        router.service(UserService, {
          async *listUsers({ filterRole }, { signal }) {
            yield {};
            begun[filterRole as keyof typeof told].resolve();
            const ended = new Promise(resolve => signal.addEventListener("abort", resolve, { once: true }));
            try {
              if (filterRole === "silent") await ended;
              else while (!signal.aborted) yield await new Promise(resolve => setImmediate(() => resolve({})));
            } finally {
              told[filterRole as keyof typeof told].resolve(ConnectError.from(signal.reason).rawMessage);
            }
          },
          async bulkCreateUsers(requests) {
            for await (const _ of requests) begun.sent.resolve();
            return {};
          },
        });
      };
      await using server = await startGuarded(lane, routes, { clock });
      const client = server.client(UserService, await server.token("alice", "admin", ttlSeconds), protocol);
      async function take(how: string) {
        for await (const _ of client.listUsers({ filterRole: how }));
      }
      const { promise: never, resolve } = Promise.withResolvers<void>();
      async function* endless() {
        yield {};
        await never;
      }
      const calls: Promise<unknown>[] = [take("silent"), take("busy")];
      // gRPC-Web's client sends no stream.
      if (protocol === "gRPC-Web") begun.sent.resolve();
      else calls.push(client.bulkCreateUsers(endless()));
      const errors = Promise.all(calls.map(errorOf));
      for (const { promise } of Object.values(begun)) await promise;
      clock.advance((ttlSeconds + toleranceSeconds) * 1000);
      for (const error of await errors) {
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
