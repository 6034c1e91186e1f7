import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Code, ConnectError, createContextValues } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { callerKey, nobody } from "../auth/caller.ts";
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
          assert.equal(error.rawMessage, "more than 0.001 calls a second, with up to 3 at once");
          const { seconds = 0n } = error.findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
          assert.ok(seconds > 900n && seconds <= 1000n, String(seconds));
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
  limit.consume({ values });
}

/** A clock that stands still until it is moved. */
function stopClock(t: TestContext) {
  const clock = { ms: 1_000 };
  // Not by the test's mocks, which keep a record of each call.
  Object.defineProperty(performance, "now", { value: () => clock.ms, configurable: true });
  t.after(() => Reflect.deleteProperty(performance, "now"));
  return clock;
}

/** Calls until refused. Returns how many calls were let through, and how long the refusal says to wait, in milliseconds. */
function exhaust(limit: RateLimit, subject: string): { passed: number; retryMs: number } {
  for (let passed = 0; ; passed++) {
    try {
      consume(limit, subject);
    } catch (error) {
      const { seconds = 0n, nanos = 0 } = ConnectError.from(error).findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
      return { passed, retryMs: Number(seconds) * 1000 + nanos / 1e6 };
    }
  }
}

test("a caller may make a burst at once, then as many calls as time gives, and saves up no more than a burst", t => {
  const clock = stopClock(t);
  const limit = createRateLimit({ perSecond: 125, burst: 250 });
  assert.equal(exhaust(limit, "alice").passed, 250);
  clock.ms += 400;
  assert.equal(exhaust(limit, "alice").passed, 50);
  // Refused calls cost nothing: 1,000 of them in a second leave what time gives as it is.
  let passed = 0;
  for (let ms = 0; ms < 1000; ms++) {
    clock.ms++;
    passed += exhaust(limit, "alice").passed;
  }
  assert.equal(passed, 125);
  clock.ms += 3_600_000;
  assert.equal(exhaust(limit, "alice").passed, 250);
  assert.equal(exhaust(limit, "bob").passed, 250);
});

test("no span of time lets more through than a burst and what it gives, wherever it begins", t => {
  const clock = stopClock(t);
  const limit = createRateLimit({ perSecond: 10, burst: 20 });
  const times: number[] = [];
  // From quiet to flood and back, so that callers are forgotten between, and others are not.
  for (const pause of [0, 1, 7, 1_999, 2_000, 2_001, 3_999, 4_000, 90, 1_000, 10_000, 500, 3, 1_500]) {
    clock.ms += pause;
    for (let { passed } = exhaust(limit, "alice"); passed > 0; passed--) times.push(clock.ms);
  }
  for (const [first, from] of times.entries()) {
    for (let last = first; last < times.length; last++) {
      const span = (times[last] ?? 0) - from;
      assert.ok(last - first + 1 <= 20 + span / 100 + 1e-6, `${last - first + 1} calls in ${span} ms`);
    }
  }
});

for (const [perSecond, burst] of [
  [100, 200],
  [3, 7],
  [7, 11],
  [999, 1000],
  [0.001, 3],
] as const) {
  test(`${perSecond}/${burst}: a retry after the delay that was told is let through, and one before it is not`, t => {
    const clock = stopClock(t);
    const limit = createRateLimit({ perSecond, burst });
    for (let i = 0; i < 200; i++) {
      const { retryMs } = exhaust(limit, "alice");
      assert.ok(retryMs > 0 && retryMs <= Math.ceil(1000 / perSecond), String(retryMs));
      if (retryMs > 1) {
        clock.ms += retryMs - 1;
        assert.equal(exhaust(limit, "alice").passed, 0);
        clock.ms += 1;
      } else clock.ms += retryMs;
      assert.doesNotThrow(() => consume(limit, "alice"), `try ${i}`);
      // Not at a whole millisecond, as clocks are not.
      clock.ms += 0.37;
    }
  });
}

/** Bytes in use once all garbage is gone. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

test("100,000 identities more than are counted one by one take no more memory, and nobody known is hurt", t => {
  const limit = createRateLimit({ ...rate, maxCallers: 10_000 });
  const empty = heapUsed();
  consume(limit, "alice");
  for (let i = 0; i < 9_999; i++) consume(limit, `early ${i}`);
  const full = heapUsed();
  let refused = 0;
  for (let i = 0; i < 100_000; i++) {
    try {
      consume(limit, `late ${i}`);
    } catch {
      refused++;
    }
  }
  const grown = heapUsed() - full;
  consume(limit, "alice");
  // The late ones share 1,024 counts of three calls each.
  assert.equal(refused, 100_000 - 3 * 1024);
  assert.ok(grown < 2_000_000, `${grown} bytes`);
  t.diagnostic(`${((full - empty) / 10_000).toFixed(0)} bytes a caller, ${grown} more for 100,000 others`);
});

test("callers who are quiet until their bucket is full are forgotten, one after the other", t => {
  const clock = stopClock(t);
  const limit = createRateLimit({ perSecond: 1, burst: 2, maxCallers: 1_000 });
  const empty = heapUsed();
  for (let i = 0; i < 20_000; i++) {
    // A thousand of them in two fills: each has a count of its own.
    clock.ms += 4.01;
    consume(limit, `caller ${i}`);
    consume(limit, `caller ${i}`);
    assert.throws(() => consume(limit, `caller ${i}`), { code: Code.ResourceExhausted });
  }
  const grown = heapUsed() - empty;
  assert.ok(grown < 1_000_000, `${grown} bytes`);
});
