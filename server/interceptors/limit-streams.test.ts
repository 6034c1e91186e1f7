import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { createRawCaller, type HttpVersion, type Wire } from "../../test/support/raw-calls.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";

/** Streams of each kind that end as their first message tells: at once, with an error, or never. */
const routes: Parameters<typeof startGuarded>[1] = router => {
  async function end(how: string, signal: AbortSignal) {
    if (how === "fails") throw new Error("a fault");
    if (how === "waits") await new Promise(resolve => signal.addEventListener("abort", resolve, { once: true }));
  }
  router.service(UserService, {
    async *listUsers({ filterRole }, { signal }) {
      yield {};
      await end(filterRole, signal);
    },
    async bulkCreateUsers(requests, { signal }) {
      for await (const { name } of requests) await end(name, signal);
      return {};
    },
  });
};

async function* one<T>(message: T) {
  yield message;
}

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    test(`${laneName}, ${protocol}: a caller has so many streams, and gets its place back however one ends`, async () => {
      await using server = await startGuarded(lane, routes, { maxStreamsPerCaller: 2 });
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
        await assert.rejects(alice.bulkCreateUsers(one({ name: "waits" }), { timeoutMs: 20 }), {
          code: Code.DeadlineExceeded,
        });
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
      await using server = await startGuarded(lane, routes, { maxStreamsPerCaller: 1 });
      const { bulkCreateUsers } = UserService.method;
      async function check(wire: Wire) {
        const subject = `caller by ${wire}`;
        const token = await server.token(subject, "admin");
        const client = server.client(UserService, token);
        const use = () => client.bulkCreateUsers(one({ name: "ends" }));
        await using lost = createRawCaller(version, server.port);
        void lost.call(wire, bulkCreateUsers, [`Bearer ${token}`], "none").catch(() => undefined);
        await untilTaken(use);
        await lost[Symbol.asyncDispose]();
        await untilFree(use);

        await using other = createRawCaller(version, server.port);
        // It expired the tolerance ago, but for a second or two.
        const ending = await server.token(subject, "admin", -28);
        const { code } = await other.call(wire, bulkCreateUsers, [`Bearer ${ending}`], "none");
        assert.equal(code, Code.Unauthenticated);
        await untilFree(use);
      }
      await Promise.all((["gRPC", "gRPC-Web", "Connect"] as const).map(check));
    });
  }
}

/** Calls until the server knows that another stream has begun. */
async function untilTaken(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const error = await call().then(
      () => undefined,
      (reason: unknown) => ConnectError.from(reason),
    );
    if (error?.code === Code.ResourceExhausted) return;
    assert.equal(error, undefined);
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
