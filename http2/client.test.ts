import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector, collect } from "./collect.fixture.ts";
import { ErrorCode, Flag, FrameType } from "./frames.ts";
import { errorOf, frame, get, Peer, post, uint32 } from "./peer.fixture.ts";
import { SettingId, settingsPayload } from "./settings.ts";
import type { StreamEnd } from "./stream-events.ts";

const goaway = (lastId: number, code: number) => frame(FrameType.goaway, 0, 0, uint32(lastId, code));

test("Requests above the server's limit wait for streams to close, in order", async () => {
  const peer = new Peer(false, {}).greet([SettingId.maxConcurrentStreams, 2]);
  const calls = [1, 2, 3, 4].map(() => collect(peer.connection, post));
  for (const { stream } of calls) stream.end(Buffer.from("body"), ["x-sum", "1"]);
  assert.equal(peer.connection.hasRoom, false);
  const ids = (type: number) =>
    peer
      .take()
      .filter(sent => sent.type === type)
      .map(({ id }) => id);
  assert.deepEqual(ids(FrameType.data), [1, 3]);
  peer.send(peer.headers(3, [":status", "200"], true));
  assert.deepEqual(ids(FrameType.data), [5]);
  assert.equal((await calls[1]?.reply)?.end.by, "finished");
  peer.send(frame(FrameType.settings, 0, 0, settingsPayload([[SettingId.maxConcurrentStreams, 3]])));
  assert.deepEqual(ids(FrameType.data), [7]);
});

test("A request that waits and is given up is never sent", () => {
  const peer = new Peer(false, {}).greet([SettingId.maxConcurrentStreams, 0]);
  const collector = new Collector();
  const stream = peer.connection.open(get, collector, undefined, true);
  stream.reset();
  assert.equal(collector.end?.by, "self");
  peer.send(frame(FrameType.settings, 0, 0, settingsPayload([[SettingId.maxConcurrentStreams, 3]])));
  assert.equal(peer.take().filter(({ type }) => type !== FrameType.settings).length, 0);
});

test("GOAWAY ends as unprocessed what is above its id and what waits; the rest goes on to its end", async () => {
  const leaving: string[] = [];
  const peer = new Peer(false, { leaving: reason => leaving.push(reason) }).greet([SettingId.maxConcurrentStreams, 2]);
  const calls = [1, 2, 3].map(() => collect(peer.connection, get));
  for (const { stream } of calls) stream.end();
  peer.send(goaway(1, ErrorCode.noError));
  assert.equal(peer.connection.isOpen, false);
  assert.throws(() => peer.connection.open(get, new Collector()), /takes no new streams/);
  for (const call of [calls[1], calls[2]]) {
    const end = (await call?.reply)?.end;
    assert.deepEqual([end?.by, end?.unprocessed], ["connection", true]);
  }
  assert.equal(leaving.length, 1);
  assert.equal(peer.isEnded, false);
  peer.send(peer.headers(1, [":status", "200"]), peer.data(1, "body", true));
  assert.equal((await calls[0]?.reply)?.body.toString(), "body");
  assert.ok(peer.isEnded);
});

test("REFUSED_STREAM says unprocessed, other resets and a lost connection do not", async () => {
  const peer = new Peer(false, {}).greet();
  const calls = [1, 2, 3].map(() => collect(peer.connection, post));
  peer.send(peer.reset(1, ErrorCode.refusedStream), peer.reset(3, ErrorCode.cancel));
  peer.connection.lost();
  const ends = await Promise.all(calls.map(({ reply }) => reply));
  assert.deepEqual(
    ends.map(({ end }) => [end.by, end.unprocessed]),
    [
      ["peer", true],
      ["peer", false],
      ["connection", false],
    ],
  );
});

test("A whole response whose server then refuses the rest of the request has finished", async () => {
  const peer = new Peer(false, {}).greet();
  const { reply } = collect(peer.connection, post);
  peer.send(peer.headers(1, [":status", "403"]), peer.data(1, "no", true), peer.reset(1, ErrorCode.noError));
  const { end, body, isComplete } = await reply;
  assert.equal(end.by, "finished");
  assert.equal(body.toString(), "no");
  assert.ok(isComplete);
});

const malformed: readonly (readonly [what: string, frames: (peer: Peer) => Buffer[]])[] = [
  ["data before a head", peer => [peer.data(1, "x")]],
  ["a head without a status", peer => [peer.headers(1, ["x-a", "b"])]],
  ["an informational head at the end", peer => [peer.headers(1, [":status", "103"], true)]],
  ["a second final head", peer => [peer.headers(1, [":status", "200"]), peer.headers(1, [":status", "200"])]],
  [
    "a body that is too short",
    peer => [peer.headers(1, [":status", "200", "content-length", "2"]), peer.data(1, "x", true)],
  ],
  ["a body where none may be", peer => [peer.headers(1, [":status", "204"]), peer.data(1, "x", true)]],
];

for (const [what, frames] of malformed) {
  test(`A response with ${what} is malformed, and its stream is reset`, async () => {
    const peer = new Peer(false, {}).greet();
    const { stream, reply } = collect(peer.connection, post);
    stream.end();
    peer.take();
    peer.send(...frames(peer));
    assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.protocolError });
    const { end, isComplete } = await reply;
    assert.equal(end.by, "self");
    assert.equal(isComplete, false);
  });
}

test("A response to HEAD may state a length it does not have", async () => {
  const peer = new Peer(false, {}).greet();
  const collector = new Collector();
  const stream = peer.connection.open([":method", "HEAD", ...get.slice(2)], collector, undefined, true);
  stream.resume();
  peer.send(peer.headers(1, [":status", "200", "content-length", "5000"], true));
  assert.equal((await collector.collected).end.by, "finished");
});

test("A server may neither push nor open streams", () => {
  for (const bytes of [
    () => frame(FrameType.pushPromise, Flag.endHeaders, 1, uint32(2)),
    (peer: Peer) => peer.headers(2, [":status", "200"]),
    (peer: Peer) => peer.headers(3, [":status", "200"]),
  ]) {
    const peer = new Peer(false, {}).greet();
    collect(peer.connection, post);
    peer.send(bytes(peer));
    assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: ErrorCode.protocolError });
  }
});

test("A client that leaves sends GOAWAY once, lets its calls end, and ends", async () => {
  const peer = new Peer(false, {}).greet();
  const { stream, reply } = collect(peer.connection, post);
  stream.end();
  peer.connection.shutDown();
  assert.equal(peer.take().filter(({ type }) => type === FrameType.goaway).length, 1);
  assert.equal(peer.isEnded, false);
  peer.send(peer.headers(1, [":status", "200"], true));
  assert.equal((await reply).end.by, "finished");
  assert.ok(peer.isEnded);
});

test("A connection that a listener ends reads nothing more of the same read", () => {
  let settings = 0;
  const peer = new Peer(false, { settings: () => settings++ }).greet();
  const collector = new Collector();
  const closed = collector.closed.bind(collector);
  collector.closed = end => {
    closed(end);
    peer.connection.fail(ErrorCode.cancel, "the listener has had enough");
  };
  peer.connection.open(get, collector, undefined, true);
  peer.take();
  const before = settings;
  peer.send(peer.data(1, "before a head"), frame(FrameType.settings, 0, 0));
  assert.equal(collector.end?.by, "self");
  assert.equal(settings, before);
});

test("A reply that has come whole is told to a reader that paused, though its stream and its connection are over", () => {
  const peer = new Peer(false, {}).greet();
  const ends = [
    { by: "finished", end: () => {} },
    { by: "finished", end: (id: number) => peer.send(peer.reset(id, ErrorCode.noError)) },
    { by: "connection", end: () => peer.connection.lost() },
  ];
  const calls = ends.map(({ by, end }, index) => {
    const collector = new Collector();
    const stream = peer.connection.open(post, collector);
    if (index === 0) stream.end();
    peer.send(peer.headers(stream.id, [":status", "200"]), peer.data(stream.id, "body"));
    peer.send(peer.headers(stream.id, ["grpc-status", "0"], true));
    return { by, end, stream, collector };
  });
  for (const { by, end, stream, collector } of calls) {
    end(stream.id);
    assert.equal(collector.end, undefined, "the end is told last");
    stream.resume();
    assert.equal(Buffer.concat(collector.chunks).toString(), "body");
    assert.equal(collector.trailers?.headers["grpc-status"], "0");
    assert.equal((collector.end as StreamEnd | undefined)?.by, by);
  }
});

test("A whole reply that nobody reads is dropped by a reset, and its end is told once", () => {
  const peer = new Peer(false, {}).greet();
  const collector = new Collector();
  const stream = peer.connection.open(get, collector, undefined, true);
  peer.send(peer.headers(1, [":status", "200"]), peer.data(1, "body", true));
  stream.reset();
  assert.equal(collector.end?.by, "self");
  stream.resume();
  assert.equal(collector.chunks.length, 0);
  assert.equal(collector.isComplete, false);
});
