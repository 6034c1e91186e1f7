import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { conciergeError, type WatchItem, type WatchOptions } from "../../client/web.ts";
import {
  EventSchema,
  ListUsersResponseSchema,
  Start,
  UserSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { type FollowPlan, followDirectory } from "./directory-feed.ts";

type Listing = FollowPlan["concierge"]["directory"]["listUsers"];

/**
 * Follows a watch that tells of the items, and of connections, in turn, where users are listed by `listUsers`; returns what
 * was asked and what was shown.
 */
async function follow(
  items: (WatchItem | (() => ConnectError))[],
  { resumeToken, listUsers = unasked }: { resumeToken?: string; listUsers?: Listing } = {},
) {
  const asked: WatchOptions[] = [];
  const shown: string[] = [];
  const token = await followDirectory({
    concierge: {
      async *watch(options = {}) {
        const { onConnection = () => {}, ...request } = options;
        asked.push(request);
        onConnection({ state: "connecting" });
        for (const item of items) {
          if (typeof item !== "function") yield item;
          else if (item().code === Code.Unavailable)
            onConnection({ state: "lost", error: conciergeError(item()), retryInMs: 1 });
          else throw item();
        }
      },
      directory: { listUsers },
    },
    view: {
      replace: (users, total) => shown.push(`users ${users.map(({ id }) => id).join()}${total ? ` of ${total}` : ""}`),
      clear: () => shown.push("nobody"),
      apply: events => shown.push(...events.map(({ type, userId }) => `${type} ${userId}`)),
      connection: (state, error, retryInMs) =>
        shown.push([state, error?.message, retryInMs].filter(part => part !== undefined).join(" ")),
    },
    signal: new AbortController().signal,
    ...(resumeToken !== undefined && { resumeToken }),
  });
  return { asked, shown, token };
}

const snapshot = (...ids: string[]): WatchItem => ({
  kind: "snapshot",
  users: ids.map(id => create(UserSchema, { id })),
});
const synced = (resumeToken: string): WatchItem => ({ kind: "synced", resumeToken });
const event = (type: string, resumeToken: string): WatchItem => ({
  kind: "transaction",
  events: [create(EventSchema, { type, userId: "1" })],
  resumeToken,
});
const unasked: Listing = () => assert.fail("was listed");
const roleRequired = () =>
  new ConnectError("takes another role", Code.PermissionDenied, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "ROLE_REQUIRED" } },
  ]);
const gone = () => new ConnectError("gone", Code.Unavailable);

test("users are shown once all are there, then what happens, why the connection is lost, and when it is tried again", async () => {
  const { asked, shown, token } = await follow([
    { kind: "bookmark", resumeToken: "" },
    snapshot("1"),
    snapshot("2"),
    synced("a"),
    gone,
    event("created", "b"),
  ]);
  assert.deepEqual(asked, [{ start: Start.SNAPSHOT_THEN_FOLLOW }]);
  assert.deepEqual(shown, ["connecting", "users 1,2", "live", "lost gone 1", "created 1", "live"]);
  assert.equal(token, "b");
});

test("a list that begins anew forgets what was there of the one before", async () => {
  const relist: WatchItem = { kind: "relist", reason: conciergeError(gone()) };
  const { shown } = await follow([snapshot("1"), relist, snapshot("2"), synced("a")]);
  assert.deepEqual(
    shown.filter(text => text.startsWith("users")),
    ["users 2"],
  );
});

test("a following goes on after the token of one before", async () => {
  const { asked, token } = await follow([], { resumeToken: "a" });
  assert.deepEqual(asked, [{ resumeToken: "a" }]);
  assert.equal(token, "a");
});

test("a refusal ends the following, and leaves nothing to see", async () => {
  const refused = () => new ConnectError("no token", Code.Unauthenticated);
  const { shown, token } = await follow([event("created", "a"), refused]);
  assert.deepEqual(shown.slice(-2), ["nobody", "refused no token"]);
  assert.equal(token, "");
});

test("who may read users but not follow them sees the newest, and why not more", async () => {
  const users = ["9", "8"].map(id => create(UserSchema, { id }));
  const { shown } = await follow([roleRequired], {
    async listUsers(request) {
      assert.deepEqual(request, { pageSize: 200, orderBy: "create_time desc", includeTotalSize: true });
      return create(ListUsersResponseSchema, { users, totalSize: 12 });
    },
  });
  assert.deepEqual(shown, ["connecting", "users 9,8 of 12", "listed takes another role"]);
});

test("who may not read users either sees nobody, and the first reason", async () => {
  const { shown } = await follow([roleRequired], { listUsers: () => Promise.reject(roleRequired()) });
  assert.deepEqual(shown, ["connecting", "nobody", "refused takes another role"]);
});
