import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { openStore } from "../../server/store/open-store.ts";
import { makeFolder } from "../../test/support/certificates.ts";
import { untilZero } from "../../test/support/feed.ts";
import { freePort } from "../../test/support/free-port.ts";
import { startServer } from "../../test/support/server.ts";
import { type Concierge, createConcierge, Role, Start, type WatchItem, type WatchOptions } from "../index.ts";

const fresh = { DEMO_DATA: "false" };

async function create({ directory }: Concierge, name: string, role: Role = Role.UNSPECIFIED): Promise<string> {
  const { id } = await directory.createUser({ user: { name, email: `${name.toLowerCase()}@example.com`, role } });
  return id;
}

function told(item: WatchItem): string {
  if (item.kind === "snapshot") return `users ${item.users.map(({ name }) => name)}`;
  if (item.kind === "relist") return `relist ${item.reason.reason}`;
  return item.kind === "transaction" ? String(item.events.map(({ user }) => user?.name)) : item.kind;
}

/** What a watch tells until it tells `last`, without bookmarks. */
async function tells(watch: AsyncIterator<WatchItem>, last: string): Promise<string[]> {
  const items: string[] = [];
  while (items.at(-1) !== last) {
    const { value, done } = await watch.next();
    assert.ok(!done);
    if (value.kind !== "bookmark") items.push(told(value));
  }
  return items;
}

/** The token of a watch's first bookmark. */
async function tokenOf(concierge: Concierge, options?: WatchOptions): Promise<string> {
  for await (const item of concierge.watch(options)) if (item.kind === "bookmark") return item.resumeToken;
  return assert.fail("no bookmark");
}

test.beforeEach(t => {
  // Pauses are a random part of the longest; this is a short one.
  if ("mock" in t) t.mock.method(Math, "random", () => 0.02);
});

test("the users of an empty directory are none, and those of a role are theirs alone", async () => {
  await using server = await startServer(fresh);
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const start = Start.SNAPSHOT_THEN_FOLLOW;
  const all = concierge.watch({ start });
  assert.deepEqual(await tells(all, "synced"), ["synced"]);
  await create(concierge, "Ada", Role.ADMIN);
  const admins = concierge.watch({ start, selector: { kind: { case: "role", value: Role.ADMIN } } });
  assert.deepEqual(await tells(admins, "synced"), ["users Ada", "synced"]);
  await create(concierge, "Vi", Role.VIEWER);
  await create(concierge, "Eve", Role.ADMIN);
  // Two watches of one client do not know of each other.
  assert.deepEqual(await tells(all, "Eve"), ["Ada", "Vi", "Eve"]);
  assert.deepEqual(await tells(admins, "Eve"), ["Eve"]);
});

test("a watch goes on through drains, and through restarts with what happened meanwhile", async () => {
  using folder = makeFolder();
  const env = { ...fresh, DATABASE_URL: `sqlite:${folder.path}/users.db` };
  const port = await freePort();
  let server = await startServer({ ...env, PORT: String(port) });
  const { baseUrl } = server;
  await using concierge = createConcierge({ baseUrl, retry: { waitForReady: true } });
  const watch = concierge.watch();
  await watch.next();
  const names: string[] = [];
  for (const name of ["Ada", "Bob", "Eve"]) {
    await create(concierge, name);
    await server.app.close();
    {
      await using elsewhere = await startServer(env);
      await using direct = createConcierge({ baseUrl: elsewhere.baseUrl });
      await create(direct, `${name}2`);
    }
    server = await startServer({ ...env, PORT: String(port) });
    names.push(...(await tells(watch, `${name}2`)));
  }
  assert.deepEqual(names, ["Ada", "Ada2", "Bob", "Bob2", "Eve", "Eve2"]);
  await server.app.close();
});

test("another database, and a history that is gone, have the users listed anew", async () => {
  using folder = makeFolder();
  const file = (name: string) => `sqlite:${folder.path}/${name}.db`;
  const port = String(await freePort());
  const at = (name: string) => startServer({ ...fresh, DATABASE_URL: file(name), PORT: port });
  const first = await at("one");
  const { baseUrl } = first;
  await using concierge = createConcierge({ baseUrl });
  const token = await tokenOf(concierge);
  const watch = concierge.watch();
  await watch.next();
  await create(concierge, "Ada");
  await create(concierge, "Bob");
  await tells(watch, "Bob");
  await first.app.close();
  const other = await at("two");
  assert.deepEqual(await tells(watch, "synced"), ["relist OTHER_DATABASE", "synced"]);
  await watch.return();
  await other.app.close();
  {
    await using store = await openStore(file("one"));
    await store.trim({ maxEvents: 1 });
  }
  await using _again = await at("one");
  const old = concierge.watch({ resumeToken: token });
  assert.deepEqual(await tells(old, "synced"), ["relist HISTORY_TRIMMED", "users Ada,Bob", "synced"]);
  await old.return();
});

test("a token that is not of this watch is refused", async () => {
  await using server = await startServer();
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const ofOne = await tokenOf(concierge, { selector: { kind: { case: "userId", value: "1" } } });
  for (const options of [{ resumeToken: "garbage" }, { resumeToken: ofOne }, { start: Start.AFTER }]) {
    await assert.rejects(concierge.watch(options).next(), { code: Code.InvalidArgument }, JSON.stringify(options));
  }
});

test("a slow consumer keeps the feed waiting, not in memory, and misses nothing", async () => {
  await using server = await startServer();
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const watch = concierge.watch();
  assert.equal((await watch.next()).value?.kind, "bookmark");
  const total = 3000;
  async function* users() {
    for (let n = 0; n < 500; n++) {
      // What compresses well would be on its way in a few packets.
      const bio = randomBytes(1500).toString("base64");
      yield { user: { name: `User ${n}`, email: `${crypto.randomUUID()}@x.org`, bio } };
    }
  }
  for (let n = 0; n < total / 500; n++) await concierge.directory.importUsers(users());
  // The server lets go of who has a megabyte waiting: so the client, which gets six in all, has not taken them in.
  await untilZero(() => server.app.feed.subscribers);
  const ids: number[] = [];
  while (ids.length < total) {
    const { value } = await watch.next();
    if (value?.kind === "transaction") ids.push(...value.events.map(({ userId }) => Number(userId)));
  }
  assert.deepEqual(
    ids,
    Array.from({ length: total }, (_, n) => n + 6),
  );
  await watch.return();
});
