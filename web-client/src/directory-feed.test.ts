import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Start, SubscribeResponseSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type FeedRequest, followDirectory } from "./directory-feed.ts";

type Message = MessageInitShape<typeof SubscribeResponseSchema> | ConnectError;

/** Follows a server that answers each attempt with the next script; answers what was asked and what was told. */
async function follow(...scripts: Message[][]) {
  const stop = new AbortController();
  const asked: FeedRequest[] = [];
  const told: string[] = [];
  const pauses: number[] = [];
  const token = await followDirectory({
    async *open(request) {
      asked.push(request);
      for (const message of scripts.shift() ?? []) {
        if (message instanceof ConnectError) throw message;
        yield create(SubscribeResponseSchema, message);
      }
    },
    view: {
      replace: users => told.push(`users ${users.map(({ id }) => id).join()}`),
      apply: events => told.push(...events.map(({ type, userId }) => `${type} ${userId}`)),
      connection: (state, reason) => told.push(reason === undefined ? state : `${state} ${reason}`),
    },
    signal: stop.signal,
    async pause(ms) {
      pauses.push(ms);
      if (scripts.length === 0) stop.abort();
    },
  });
  return { asked, told, token, pauses };
}

const bookmark = { message: { case: "bookmark", value: {} } } as const;
const snapshot = (...ids: string[]) =>
  ({ message: { case: "snapshot", value: { users: ids.map(id => ({ id })) } } }) as const;
const synced = (resumeToken: string) => ({ message: { case: "synced", value: {} }, resumeToken }) as const;
function event(type: string, resumeToken: string): Message {
  return { message: { case: "transaction", value: { events: [{ type, userId: "1" }] } }, resumeToken };
}

test("users are replaced once all are there, and a lost connection goes on by token", async () => {
  const lost = new ConnectError("gone", Code.Unavailable);
  const { asked, told, token } = await follow(
    [bookmark, snapshot("1"), snapshot("2"), synced("a"), event("created", "b"), lost],
    [event("deleted", "c")],
  );
  assert.deepEqual(asked, [{ start: Start.SNAPSHOT_THEN_FOLLOW }, { resumeToken: "b" }]);
  const first = ["connecting", "users 1,2", "live", "created 1", "live", "lost unavailable: gone"];
  assert.deepEqual(told, [...first, "deleted 1", "live", "lost the feed ended"]);
  assert.equal(token, "c");
});

test("a snapshot that is cut short begins anew", async () => {
  const { asked, told } = await follow([bookmark, snapshot("1")], [bookmark, snapshot("1"), synced("a")]);
  assert.deepEqual(asked, Array(2).fill({ start: Start.SNAPSHOT_THEN_FOLLOW }));
  assert.equal(told.filter(text => text.startsWith("users")).length, 1);
});

test("a token that leads nowhere is forgotten, and the users are listed again", async () => {
  for (const code of [Code.OutOfRange, Code.FailedPrecondition, Code.InvalidArgument]) {
    const { asked } = await follow([synced("a")], [new ConnectError("no", code)], []);
    assert.deepEqual(asked.slice(1), [{ resumeToken: "a" }, { start: Start.SNAPSHOT_THEN_FOLLOW }]);
  }
});

test("pauses grow up to 15 seconds, and begin anew after a success", async () => {
  const { pauses } = await follow(...Array.from({ length: 9 }, () => []), [synced("a")]);
  assert.ok((pauses[0] ?? 0) >= 250 && (pauses[0] ?? 0) <= 500);
  assert.ok((pauses[8] ?? 0) >= 7500 && (pauses[8] ?? 0) <= 15_000);
  assert.ok((pauses[9] ?? 0) <= 500);
});
