import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Code, ConnectError, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { callerKey, nobody } from "../services/caller.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";
import { createRateLimit, type RateLimit } from "./limit-rate.ts";

const routes: Parameters<typeof startGuarded>[1] = router => {
  router.service(UserService, {
    getUser: () => ({}),
    async *listUsers() {
      yield {};
    },
  });
};

/** Slow enough that no call of a test is let in by time. */
const rate = { perSecond: 0.001, burst: 3 };

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    test(`${laneName}, ${protocol}: callers are counted apart, unary calls and streams together`, async () => {
      await using server = await startGuarded(lane, routes, { rate });
      for (const token of [await server.token("alice", "viewer"), await server.token("bob", "viewer"), undefined]) {
        const { getUser, listUsers } = server.client(UserService, token, protocol);
        await getUser({});
        await getUser({});
        if (token) for await (const _ of listUsers({}));
        else await getUser({});
        for (const call of [
          () => getUser({}),
          async () => (await listUsers({})[Symbol.asyncIterator]().next()).value,
        ]) {
          const error = ConnectError.from(
            await call().then(
              () => assert.fail(),
              reason => reason,
            ),
          );
          if (token === undefined && error.code === Code.Unauthenticated) continue;
          assert.equal(error.code, Code.ResourceExhausted);
          assert.equal(error.rawMessage, "more than 3 calls in 3000 s");
          const { seconds = 0n } = error.findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
          assert.ok(seconds > 2900n && seconds <= 3000n, String(seconds));
        }
      }
      assert.ok(server.lines.filter(({ code }) => code === "RESOURCE_EXHAUSTED").length >= 5);
    });
  }

  test(`${laneName}: bad tokens are counted by where they come from, and hurt nobody who is signed in`, async () => {
    await using server = await startGuarded(lane, routes, { rate });
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 5; i++) {
      const call = server.client(UserService, "bad").getUser({});
      codes.push(Code[ConnectError.from(await call.catch(reason => reason)).code]);
    }
    assert.deepEqual(codes, [...Array(3).fill("Unauthenticated"), ...Array(2).fill("ResourceExhausted")]);
    assert.ok(await server.client(UserService, await server.token("alice", "viewer")).getUser({}));
  });
}

function consume(limit: RateLimit, subject: string) {
  const values = createContextValues().set(callerKey, { ...nobody, subject, anonymous: false });
  return limit.consume({ values } as HandlerContext);
}

test("a refusal says when the window of the count is over", async () => {
  const limit = createRateLimit({ perSecond: 100, burst: 2 });
  await consume(limit, "alice");
  await consume(limit, "alice");
  const error = ConnectError.from(
    await consume(limit, "alice").then(
      () => assert.fail(),
      reason => reason,
    ),
  );
  const { nanos = 0 } = error.findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
  assert.ok(nanos > 0 && nanos <= 20_000_000, String(nanos));
});

/** Bytes in use once all garbage is gone. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

test("100,000 identities more than are counted one by one take no more memory, and nobody known is hurt", async t => {
  const limit = createRateLimit({ ...rate, maxCallers: 10_000 });
  const empty = heapUsed();
  await consume(limit, "alice");
  for (let i = 0; i < 9_999; i++) await consume(limit, `early ${i}`);
  const full = heapUsed();
  let refused = 0;
  for (let i = 0; i < 100_000; i++) await consume(limit, `late ${i}`).catch(() => refused++);
  const grown = heapUsed() - full;
  await consume(limit, "alice");
  // The late ones share 1,024 counts of three calls each.
  assert.equal(refused, 100_000 - 3 * 1024);
  assert.ok(grown < 2_000_000, `${grown} bytes`);
  t.diagnostic(`${((full - empty) / 10_000).toFixed(0)} bytes a caller, ${grown} more for 100,000 others`);
});
