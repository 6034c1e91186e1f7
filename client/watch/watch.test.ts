import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  DirectoryService,
  Start,
  type SubscribeRequest,
  type SubscribeResponseSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { serve } from "../../host/served.ts";
import { startHost } from "../../test/support/service-host.ts";
import { createConcierge, type WatchConnection, type WatchItem, type WatchOptions } from "../index.ts";

type Message = MessageInitShape<typeof SubscribeResponseSchema> | ConnectError;

/** A server that answers each subscription with the next script, and a client whose pauses are none. */
async function script(...scripts: Message[][]) {
  const asked: SubscribeRequest[] = [];
  let open = 0;
  const host = await startHost(
    serve(DirectoryService, {
      async *subscribe(request, { signal }) {
        asked.push(request);
        open++;
        signal.addEventListener("abort", () => open--);
        for (const message of scripts.shift() ?? [bookmark]) {
          if (message instanceof ConnectError) throw message;
          yield message;
        }
        if (scripts.length > 0) return;
        await new Promise<void>(resolve => signal.addEventListener("abort", () => resolve()));
      },
    }),
  );
  const concierge = createConcierge({ baseUrl: host.baseUrl });
  return {
    concierge,
    asked,
    get open() {
      return open;
    },
    async [Symbol.asyncDispose]() {
      concierge.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

const bookmark = { message: { case: "bookmark", value: {} } } as const;
const away = new ConnectError("away", Code.Unavailable);
const snapshot = (...ids: string[]) =>
  ({ message: { case: "snapshot", value: { users: ids.map(id => ({ id })) } } }) as const;
const synced = (resumeToken: string) => ({ message: { case: "synced", value: {} }, resumeToken }) as const;
function change(userIds: string[], resumeToken: string) {
  const events = userIds.map(userId => ({ type: "created", userId }));
  return { message: { case: "transaction", value: { events, more: resumeToken === "" } }, resumeToken } as const;
}
function invalidToken() {
  const info = { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: "INVALID_RESUME_TOKEN" }) };
  return new ConnectError("no", Code.InvalidArgument, undefined, [info]);
}

function told(item: WatchItem): string {
  switch (item.kind) {
    case "snapshot":
      return `users ${item.users.map(({ id }) => id).join()}`;
    case "transaction":
      return `${item.events.map(({ userId }) => userId).join()} @${item.resumeToken}`;
    case "relist":
      return `relist ${item.reason.codeName}`;
    default:
      return `${item.kind} @${item.resumeToken}`;
  }
}

/** Watches until an item is told that is `last`. */
async function watchUntil(last: string, server: Awaited<ReturnType<typeof script>>, options?: WatchOptions) {
  const items: string[] = [];
  for await (const item of server.concierge.watch(options)) {
    items.push(told(item));
    if (items.at(-1) === last) break;
  }
  return items;
}

const starts = (asked: readonly SubscribeRequest[]) => asked.map(({ start, resumeToken }) => [start, resumeToken]);
const NOW = Start.UNSPECIFIED;

test.beforeEach(t => {
  // Pauses are a random part of the longest; none is one of them.
  if ("mock" in t) t.mock.method(Math, "random", () => 0);
});

test("a watch goes on after the last token, whatever ended the subscription", async () => {
  const codes = [Code.Unavailable, Code.ResourceExhausted, Code.Internal, Code.Aborted, Code.Canceled, Code.Unknown];
  const scripts = codes.map((code, n) => [bookmark, change([String(n)], `t${n}`), new ConnectError("end", code)]);
  await using server = await script(...scripts, [change(["last"], "z")]);
  const items = await watchUntil("last @z", server);
  assert.deepEqual(
    items.filter(item => !item.startsWith("bookmark")),
    [...codes.map((_, n) => `${n} @t${n}`), "last @z"],
  );
  assert.deepEqual(starts(server.asked), [[NOW, ""], ...codes.map((_, n) => [NOW, `t${n}`])]);
});

test("a subscription that ends without an error is taken up again", async () => {
  await using server = await script([change(["1"], "a")], [change(["2"], "b")]);
  assert.deepEqual(await watchUntil("2 @b", server), ["1 @a", "2 @b"]);
});

test("a transaction in several messages is told whole, and one that was cut comes again from its beginning", async () => {
  await using server = await script(
    [change(["1"], "a"), change(["2", "3"], ""), away],
    [change(["2", "3"], ""), change(["4"], ""), change([], "b"), change(["5"], "c")],
  );
  assert.deepEqual(await watchUntil("5 @c", server), ["1 @a", "2,3,4 @b", "5 @c"]);
  assert.deepEqual(starts(server.asked), [
    [NOW, ""],
    [NOW, "a"],
  ]);
});

for (const code of [Code.OutOfRange, Code.FailedPrecondition]) {
  test(`${Code[code]} for a token has the users listed anew, and the consumer is told`, async () => {
    await using server = await script(
      [change(["1"], "a"), away],
      [new ConnectError("gone", code)],
      [bookmark, snapshot("1"), snapshot("2"), synced("b"), change(["3"], "c")],
    );
    const items = await watchUntil("3 @c", server);
    const name = code === Code.OutOfRange ? "out_of_range" : "failed_precondition";
    assert.deepEqual(items, ["1 @a", `relist ${name}`, "bookmark @", "users 1", "users 2", "synced @b", "3 @c"]);
    assert.deepEqual(starts(server.asked).at(-1), [Start.SNAPSHOT_THEN_FOLLOW, ""]);
  });
}

test("a snapshot that is cut is begun anew, and the consumer is told", async () => {
  await using server = await script([bookmark, snapshot("1"), away], [bookmark, snapshot("1", "2"), synced("a")]);
  const items = await watchUntil("synced @a", server, { start: Start.SNAPSHOT_THEN_FOLLOW });
  assert.deepEqual(items, ["bookmark @", "users 1", "relist unavailable", "bookmark @", "users 1,2", "synced @a"]);
});

test("a token of the server's own that it takes no more has the users listed anew; the caller's is refused", async () => {
  await using server = await script([change(["1"], "a"), away], [invalidToken()], [synced("b")]);
  assert.deepEqual(await watchUntil("synced @b", server), ["1 @a", "relist invalid_argument", "synced @b"]);
  await using other = await script([invalidToken()]);
  await assert.rejects(watchUntil("", other, { resumeToken: "x" }), { code: Code.InvalidArgument });
});

for (const code of [Code.PermissionDenied, Code.InvalidArgument, Code.Unimplemented, Code.Unauthenticated]) {
  test(`${Code[code]} ends a watch`, async () => {
    await using server = await script([new ConnectError("no", code)]);
    await assert.rejects(watchUntil("", server), { code });
    assert.equal(server.asked.length, 1);
  });
}

test("a token that ends in the middle of a watch is no end", async () => {
  const expired = new ConnectError("token expired", Code.Unauthenticated);
  await using server = await script([change(["1"], "a"), expired], [change(["2"], "b")]);
  assert.deepEqual(await watchUntil("2 @b", server), ["1 @a", "2 @b"]);
});

test("who watches is told how the connection is, and why it was lost", async () => {
  const failing = Array.from({ length: 9 }, () => [away]);
  await using server = await script(...failing, [change(["1"], "a"), away], [change(["2"], "b")]);
  const seen: WatchConnection[] = [];
  await watchUntil("2 @b", server, { onConnection: connection => seen.push(connection) });
  const states = seen.map(({ state }) => state);
  assert.deepEqual(states, ["connecting", ...Array(9).fill("lost"), "live", "lost", "live"]);
  const lost = seen.find(({ state }) => state === "lost");
  assert.equal(lost?.state === "lost" && lost.error.message, "away");
});

test("neither break nor a signal leaves a call behind", async () => {
  await using server = await script([bookmark]);
  for await (const _ of server.concierge.watch()) break;
  const stop = new AbortController();
  const watch = server.concierge.watch({}, { signal: stop.signal });
  await watch.next();
  const next = watch.next();
  stop.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
  const aborted = server.concierge.watch({}, { signal: AbortSignal.abort() });
  assert.equal((await aborted.next()).done, true);
  // The server learns of an end after the client.
  while (server.open > 0) await new Promise(setImmediate);
  assert.equal(server.asked.length, 2);
});

for (const state of ["connecting", "live", "lost"] as const) {
  test(`what onConnection throws when told "${state}" ends the watch`, async () => {
    await using server = await script([bookmark, away]);
    const cause = new Error("a mistake of the caller's");
    const onConnection = (connection: WatchConnection) => {
      if (connection.state === state) throw cause;
    };
    await assert.rejects(watchUntil("", server, { onConnection }), cause);
    while (server.open > 0) await new Promise(setImmediate);
  });
}

test("what is thrown into a watch ends it", async () => {
  await using server = await script([bookmark]);
  const watch = server.concierge.watch();
  await watch.next();
  const cause = new Error("enough");
  await assert.rejects(watch.throw(cause), cause);
  assert.equal((await watch.next()).done, true);
  while (server.open > 0) await new Promise(setImmediate);
});

test("a server that says when to come back is not asked before, nor one that wants nobody back", async () => {
  const full = (pushback: string) =>
    new ConnectError("full", Code.ResourceExhausted, { "grpc-retry-pushback-ms": pushback });
  await using server = await script([bookmark, full("7")], [change(["1"], "a"), full("-1")]);
  const pauses: number[] = [];
  const onConnection = (connection: WatchConnection) => {
    if (connection.state === "lost") pauses.push(connection.retryInMs);
  };
  await assert.rejects(watchUntil("", server, { onConnection }), { code: Code.ResourceExhausted });
  assert.deepEqual(pauses, [7]);
});

test("a signal ends the pause after a loss", async () => {
  await using server = await script([away]);
  const stop = new AbortController();
  const onConnection = ({ state }: WatchConnection) => state === "lost" && stop.abort();
  const watch = server.concierge.watch({ onConnection }, { signal: stop.signal });
  assert.equal((await watch.next()).done, true);
});
