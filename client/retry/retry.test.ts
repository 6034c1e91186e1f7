import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { serve } from "../../host/served.ts";
import { startHost } from "../../test/support/service-host.ts";
import { startTcp } from "../../test/support/tcp-server.ts";
import { type Concierge, createConcierge, type Protocol, type RetryOptions } from "../index.ts";

/** What a server answers one attempt with. */
type Answer = "ok" | ConnectError;

/** An attempt as the server saw it. */
interface Seen {
  readonly requestId?: string | undefined;
  readonly previous: string | null;
  /** As its headers say. */
  readonly timeoutMs: number;
}

const fast = { initialBackoffMs: 1, maxBackoffMs: 2 };
const unavailable = new ConnectError("away", Code.Unavailable);

function retryInfo(ms: number) {
  return { desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay: durationFromMs(ms) }) };
}

/** Serves the answers one after the other, whatever is called, and then the last one for ever. */
async function script(answers: Answer[], retry: RetryOptions | false = fast, protocol: Protocol = "connect") {
  const seen: Seen[] = [];
  function answer(context: HandlerContext, requestId?: string) {
    const { requestHeader } = context;
    const timeout = requestHeader.get("connect-timeout-ms") ?? requestHeader.get("grpc-timeout") ?? "";
    const previous = requestHeader.get("grpc-previous-rpc-attempts");
    seen.push({ requestId, previous, timeoutMs: Number.parseInt(timeout, 10) });
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next instanceof ConnectError) throw next;
  }
  const host = await startHost(
    serve(DirectoryService, {
      getUser(_request, context) {
        answer(context);
        return {};
      },
      createUser(request, context) {
        answer(context, request.requestId);
        return {};
      },
      async *exportUsers(_request, context) {
        answer(context);
        yield { id: "1" };
        answer(context);
        yield { id: "2" };
      },
      async importUsers(requests, context) {
        const ids: string[] = [];
        let requestId: string | undefined;
        for await (const request of requests) {
          requestId ??= request.requestId;
          ids.push(request.user?.name ?? "");
        }
        answer(context, requestId);
        return { ids };
      },
    }),
    serve(UserService, {
      createUser(_request, context) {
        answer(context);
        return {};
      },
    }),
  );
  const concierge = createConcierge({ baseUrl: host.baseUrl, retry, protocol });
  return {
    concierge,
    seen,
    async [Symbol.asyncDispose]() {
      concierge.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

const getUser = ({ directory }: Concierge) => directory.getUser({ key: { case: "id", value: "1" } });
const createUser = ({ directory }: Concierge) => directory.createUser({ user: { name: "Ada", email: "a@x.y" } });

for (const protocol of ["connect", "grpc", "grpc-web"] as const) {
  test(`a read is repeated after UNAVAILABLE, and says how often over ${protocol}`, async () => {
    await using server = await script([unavailable, unavailable, "ok"], fast, protocol);
    await getUser(server.concierge);
    assert.deepEqual(
      server.seen.map(({ previous }) => previous),
      [null, "1", "2"],
    );
    const timeouts = server.seen.map(({ timeoutMs }) => timeoutMs);
    assert.ok(
      timeouts.every((left, n) => left > 0 && left <= (timeouts[n - 1] ?? 10_000)),
      String(timeouts),
    );
  });
}

test("all attempts of a write have one and the same request id, and the next write another one", async () => {
  await using server = await script([unavailable, unavailable, "ok"]);
  await createUser(server.concierge);
  const ids = new Set(server.seen.map(({ requestId }) => requestId));
  assert.equal(server.seen.length, 3);
  assert.equal(ids.size, 1);
  assert.match([...ids][0] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await createUser(server.concierge);
  assert.ok(!ids.has(server.seen[3]?.requestId));
});

test("a write with a request id of the caller keeps it", async () => {
  await using server = await script([unavailable, "ok"]);
  const request = { user: { name: "Ada" }, requestId: "7f3c1c2e-0000-4000-8000-000000000000" };
  await server.concierge.directory.createUser(request);
  assert.deepEqual(new Set(server.seen.map(({ requestId }) => requestId)), new Set([request.requestId]));
});

test("a write that could happen twice is not repeated", async () => {
  await using server = await script([unavailable]);
  await assert.rejects(server.concierge.users.createUser({ name: "Ada", email: "a@x.y" }), { code: Code.Unavailable });
  assert.equal(server.seen.length, 1);
});

test("what a repeat would not mend is not repeated", async () => {
  for (const code of [Code.InvalidArgument, Code.Aborted, Code.Internal, Code.DeadlineExceeded, Code.NotFound]) {
    await using server = await script([new ConnectError("no", code)]);
    await assert.rejects(createUser(server.concierge), { code });
    assert.equal(server.seen.length, 1, Code[code]);
  }
});

test("a call has five attempts at most, and the last error is told", async () => {
  const first = Array.from({ length: 4 }, () => unavailable);
  await using server = await script([...first, new ConnectError("still away", Code.Unavailable)]);
  await assert.rejects(getUser(server.concierge), { rawMessage: "still away" });
  assert.equal(server.seen.length, 5);
});

test("a call that waits for a connection does until its deadline, and tells what it was repeated for", async () => {
  await using peer = await startTcp(socket => socket.resetAndDestroy());
  const retry = { ...fast, waitForReady: true };
  await using concierge = createConcierge({ baseUrl: peer.baseUrl, retry, deadlineMs: 1000 });
  const error = await getUser(concierge).catch(reason => reason);
  assert.equal(error.code, Code.DeadlineExceeded);
  assert.match(String(error.cause), /^ConnectError: \[unavailable\] cannot connect to /);
});

test("an import is repeated whole, with one request id", async () => {
  await using server = await script([unavailable, "ok"]);
  async function* users() {
    for (const name of ["Ada", "Bob", "Eve"]) yield { user: { name } };
  }
  const { ids } = await server.concierge.directory.importUsers(users());
  assert.deepEqual(ids, ["Ada", "Bob", "Eve"]);
  assert.equal(server.seen.length, 2);
  assert.match(server.seen[0]?.requestId ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(server.seen[0]?.requestId, server.seen[1]?.requestId);
});

test("a stream is repeated until its first message, and not after it", async () => {
  await using server = await script([unavailable, "ok", unavailable]);
  const ids: string[] = [];
  const reading = (async () => {
    for await (const { id } of server.concierge.directory.exportUsers({})) ids.push(id);
  })();
  await assert.rejects(reading, { code: Code.Unavailable });
  assert.deepEqual(ids, ["1"]);
  assert.equal(server.seen.length, 3);
});

test("a stream that goes well comes whole", async () => {
  await using server = await script(["ok"]);
  const ids: string[] = [];
  for await (const { id } of server.concierge.directory.exportUsers({})) ids.push(id);
  assert.deepEqual(ids, ["1", "2"]);
});

test("RESOURCE_EXHAUSTED is repeated only where the server says when", async () => {
  await using silent = await script([new ConnectError("full", Code.ResourceExhausted), "ok"]);
  await assert.rejects(getUser(silent.concierge), { code: Code.ResourceExhausted });
  const invitation = new ConnectError("full", Code.ResourceExhausted, undefined, [retryInfo(1)]);
  await using inviting = await script([invitation, "ok"]);
  await getUser(inviting.concierge);
  assert.equal(inviting.seen.length, 2);
});

test("pushback is waited for, and a server that pushes back past the deadline has the error told at once", async t => {
  const short = new ConnectError("away", Code.Unavailable, { "grpc-retry-pushback-ms": "1" });
  await using server = await script([short, "ok"], { initialBackoffMs: 60_000, maxBackoffMs: 60_000 });
  // A pause of the client's own would be past the deadline.
  t.mock.method(Math, "random", () => 0.9);
  await getUser(server.concierge);
  assert.equal(server.seen.length, 2);

  const long = new ConnectError("away", Code.Unavailable, undefined, [retryInfo(3_600_000)]);
  await using busy = await script([long, "ok"]);
  await assert.rejects(getUser(busy.concierge), { code: Code.Unavailable });
  assert.equal(busy.seen.length, 1);
});

for (const value of ["-1", "soon", "", "1.5", "007", "2147483648"]) {
  test(`grpc-retry-pushback-ms "${value}" is: not again`, async () => {
    const never = new ConnectError("away", Code.Unavailable, { "grpc-retry-pushback-ms": value }, [retryInfo(1)]);
    await using server = await script([never, "ok"]);
    await assert.rejects(getUser(server.concierge), { code: Code.Unavailable });
    assert.equal(server.seen.length, 1);
  });
}

test("the budget bounds what all calls of a client repeat, and successes fill it", async () => {
  const calls = 200;
  const retry = { ...fast, maxTokens: 20, tokenRatio: 1 };
  const answers: Answer[] = [unavailable];
  await using server = await script(answers, retry);
  for (let n = 0; n < calls; n++) await assert.rejects(getUser(server.concierge));
  // Half of the budget is all there is; each repeat takes the failure before it.
  assert.ok(server.seen.length < calls + retry.maxTokens / 2, `${server.seen.length} attempts`);
  answers[0] = "ok";
  for (let n = 0; n < retry.maxTokens; n++) await getUser(server.concierge);
  const before = server.seen.length;
  answers.splice(0, 1, unavailable, "ok");
  await getUser(server.concierge);
  assert.equal(server.seen.length, before + 2);
});

test("retry: false repeats nothing", async () => {
  await using server = await script([unavailable, "ok"], false);
  await assert.rejects(getUser(server.concierge), { code: Code.Unavailable });
});

test("options out of their bounds are named", () => {
  for (const [retry, message] of [
    [{ maxAttempts: 6 }, /retry.maxAttempts "6" is not a whole number, 1 to 5/],
    [{ initialBackoffMs: 0 }, /retry.initialBackoffMs "0"/],
    [{ maxBackoffMs: 1 }, /retry.maxBackoffMs "1"/],
    [{ backoffMultiplier: 0.5 }, /retry.backoffMultiplier "0.5"/],
    [{ maxTokens: 1001 }, /retry.maxTokens "1001"/],
    [{ tokenRatio: 0 }, /retry.tokenRatio "0"/],
  ] as const) {
    assert.throws(() => createConcierge({ baseUrl: "http://localhost", retry }), message);
  }
});
