import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { createRawCaller, type HttpVersion, type RawCaller, type Wire } from "../../test/support/raw-calls.ts";
import { callerKey } from "../auth/caller.ts";
import { createClock } from "../auth/clock.fixture.ts";
import { toleranceSeconds } from "../auth/token-verifier.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";

/**
 * Streams of each kind that end as their first message tells: at once, with an error, or never. `onBegin` is told of each
 * caller whose client stream begins.
 */
function createRoutes(onBegin: (subject: string) => void = () => {}) {
  async function end(how: string, signal: AbortSignal) {
    if (how === "fails") throw new Error("a fault");
    if (how === "waits") await new Promise(resolve => signal.addEventListener("abort", resolve, { once: true }));
  }
  return (router: ConnectRouter) => {
    router.service(UserService, {
      async *listUsers({ filterRole }, { signal }) {
        yield {};
        await end(filterRole, signal);
      },
      async bulkCreateUsers(requests, { signal, values }) {
        onBegin(values.get(callerKey).subject);
        for await (const { name } of requests) await end(name, signal);
        return {};
      },
    });
  };
}

async function* one<T>(message: T) {
  yield message;
}

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    test(`${laneName}, ${protocol}: a caller has so many streams, and gets its place back however one ends`, async () => {
      let begun = 0;
      await using server = await startGuarded(
        lane,
        createRoutes(() => begun++),
        { maxStreamsPerCaller: 2 },
      );
      const alice = server.client(UserService, await server.token("alice", "admin"), protocol);
      const bob = server.client(UserService, await server.token("bob", "admin"), protocol);
      /** Takes what a stream has to say; a place may be given back a moment after its client knows. */
      async function use(how: string, signal?: AbortSignal) {
        for await (const _ of alice.listUsers({ filterRole: how }, { ...(signal && { signal }) }));
      }
      for (let round = 0; round < 5; round++) {
        await use("ends");
        await assert.rejects(use("fails"), { code: Code.Internal });
        await alice.bulkCreateUsers(one({ name: "ends" }));
        await assert.rejects(alice.bulkCreateUsers(one({ name: "fails" })), { code: Code.Internal });
        // As long as it takes for one to get as far as the server.
        const before = begun;
        for (let timeoutMs = 20; begun === before; timeoutMs *= 2) {
          const waiting = alice.bulkCreateUsers(one({ name: "waits" }), { timeoutMs });
          await assert.rejects(waiting, { code: Code.DeadlineExceeded });
        }
      }
      await untilFree(() => use("ends"));

      const cancel = new AbortController();
      const open = [1, 2].map(() => alice.listUsers({ filterRole: "waits" }, cancel)[Symbol.asyncIterator]());
      for (const stream of open) await stream.next();
      await assert.rejects(use("ends"), {
        code: Code.ResourceExhausted,
        rawMessage: "more than 2 streams of one caller at a time",
      });
      for await (const _ of bob.listUsers({ filterRole: "ends" }));
      const ends = open.map(stream => stream.next().catch(error => ConnectError.from(error).code));
      cancel.abort();
      assert.deepEqual(await Promise.all(ends), [Code.Canceled, Code.Canceled]);
      await untilFree(() => use("ends"));
    });
  }
}

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const version of ["1.1", "2"] satisfies HttpVersion[]) {
    test(`${laneName}, HTTP/${version}: a caller gets its place back where its connection is lost, or its token ends`, async () => {
      let begun = Promise.withResolvers<string>();
      const clock = createClock();
      await using server = await startGuarded(
        lane,
        createRoutes(subject => begun.resolve(subject)),
        { clock, maxStreamsPerCaller: 1 },
      );
      const { bulkCreateUsers } = UserService.method;
      for (const wire of ["gRPC", "gRPC-Web", "Connect"] satisfies Wire[]) {
        const subject = `caller by ${wire}`;
        const lasting = await server.token(subject, "admin", 3600);
        const client = server.client(UserService, lasting);
        const use = () => client.bulkCreateUsers(one({ name: "ends" }));
        /** Opens a stream that says nothing, and waits until it has its place. */
        async function open(caller: RawCaller, token: string) {
          begun = Promise.withResolvers();
          const outcome = caller.call(wire, bulkCreateUsers, [`Bearer ${token}`], "none");
          outcome.catch(() => {});
          assert.equal(await begun.promise, subject);
          await assert.rejects(use(), { code: Code.ResourceExhausted });
          return { outcome };
        }

        await using lost = createRawCaller(version, server.port);
        await open(lost, lasting);
        await lost[Symbol.asyncDispose]();
        await untilFree(use);

        await using other = createRawCaller(version, server.port);
        const { outcome } = await open(other, await server.token(subject, "admin", 60));
        clock.advance((60 + toleranceSeconds) * 1000);
        assert.equal((await outcome).code, Code.Unauthenticated);
        await untilFree(use);
      }
    });
  }
}

/** Calls until the server knows that the streams before are over. */
async function untilFree(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (ConnectError.from(error).code !== Code.ResourceExhausted) throw error;
    }
  }
}
