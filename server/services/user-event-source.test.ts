import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ALL, createUsers, openFeed } from "../directory/feed/feed.fixture.ts";
import type { FeedItem } from "../directory/feed/feed-item.ts";
import { UserEventSource } from "./user-event-source.ts";

/** Opens a source of the texts of all events on a directory with these users. */
async function openSource(t: TestContext, ...names: string[]) {
  const { store, directory, subscribe } = await openFeed(t);
  if (names.length > 0) await createUsers(store, ...names);
  const source = new UserEventSource({ open: start => subscribe(ALL, start), toEvents: toTexts });
  return { store, directory, source };
}

function toTexts(item: FeedItem): string[] {
  if (item.kind === "snapshot") return item.users.map(({ name }) => `shown ${name}`);
  return item.kind === "transaction" ? item.events.map(({ type }) => type) : [];
}

async function read(source: UserEventSource<string>, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await source.next()).value as string);
  return texts;
}

test("each request to show a user is answered, in order, where events come before the answer", async t => {
  const { directory, source } = await openSource(t, "a", "b");
  assert.deepEqual(await read(source, 2), ["shown a", "shown b"]);
  // The first event, on the source's way to the answer, is a place to go on from, too.
  await directory.reportEvent("1", "one", new Uint8Array());
  await directory.reportEvent("1", "two", new Uint8Array());
  for (const id of [1, 2, 1, "all"] as const) void source.show(id);
  assert.deepEqual(await read(source, 7), ["one", "two", "shown a", "shown b", "shown a", "shown a", "shown b"]);
  await directory.reportEvent("2", "three", new Uint8Array());
  assert.deepEqual(await read(source, 1), ["three"]);
});

test("a user that is asked for while the first snapshot is read is shown after it", async t => {
  const { source } = await openSource(t, "a", "b");
  void source.show(2);
  assert.deepEqual(await read(source, 3), ["shown a", "shown b", "shown b"]);
});

test("each event comes once and in order, whenever users are asked for among them", async t => {
  const { directory, source } = await openSource(t, "a");
  const types = Array.from({ length: 300 }, (_, i) => `event_${i}`);
  const asked = 100;
  await read(source, 1);
  const reading = read(source, types.length + asked);
  for (const [i, type] of types.entries()) {
    await directory.reportEvent("1", type, new Uint8Array());
    if (i % 3 === 0) void source.show(1);
  }
  const texts = await reading;
  assert.deepEqual(
    texts.filter(text => text !== "shown a"),
    types,
  );
});

test("of too many requests the next ones wait for room, which the end of the source gives them, too", async t => {
  const { source } = await openSource(t, "a");
  let waiting = 0;
  const shows = Array.from({ length: 150 }, async () => {
    waiting += 1;
    await source.show(1);
    waiting -= 1;
  });
  await new Promise(setImmediate);
  assert.equal(waiting, 51);
  await source.return();
  await Promise.all(shows);
  assert.equal(waiting, 0);
});
