import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode, FrameType } from "./frames.ts";
import { get, Peer } from "./peer.fixture.ts";
import { SettingId } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { Unsent } from "./unsent.ts";

/** Connections of one server whose peers let nothing of a body be sent, each with a request. */
function unread(unsent: Unsent, count: number) {
  const streams: Stream[] = [];
  const ends: string[] = [];
  const peers = Array.from({ length: count }, () => {
    const events = { request: (stream: Stream) => void streams.push(stream) };
    const peer = new Peer(true, events, { unsent }).greet([SettingId.initialWindowSize, 0]);
    peer.send(peer.headers(1, get, true));
    return peer;
  });
  for (const [n, stream] of streams.entries()) {
    stream.listen({ data() {}, ended() {}, drained() {}, closed: ({ message }) => void ends.push(`${n} ${message}`) });
    stream.respond([":status", "200"]);
  }
  return { peers, streams, ends };
}

test("Above the bound of all connections the reply without progress for longest is broken off", () => {
  const unsent = new Unsent(1_000);
  const { peers, streams, ends } = unread(unsent, 4);
  for (const stream of streams.slice(0, 3)) stream.write(Buffer.alloc(300));
  // The first one's client reads a little: now the second has made none for longest.
  peers[0]?.send(peers[0].widen(1, 100));
  peers[0]?.take();
  streams[3]?.write(Buffer.alloc(300));
  assert.deepEqual(ends, ["1 too much is not read"]);
  assert.equal(unsent.bytes, 800);
  const [reset] = peers[1]?.take().filter(({ type }) => type === FrameType.reset) ?? [];
  assert.equal(reset?.payload.readUInt32BE(0), ErrorCode.enhanceYourCalm);
});

test("A reply above the bound by itself is broken off, and nothing is counted any more", () => {
  const unsent = new Unsent(1_000);
  const { streams, ends } = unread(unsent, 2);
  streams[0]?.write(Buffer.alloc(10));
  streams[1]?.write(Buffer.alloc(2_000));
  assert.deepEqual(ends, ["0 too much is not read", "1 too much is not read"]);
  assert.equal(unsent.bytes, 0);
});

test("What is sent, reset, or lost with its connection is not counted any more", () => {
  const unsent = new Unsent();
  const { peers, streams } = unread(unsent, 3);
  for (const stream of streams) stream.end(Buffer.alloc(1_000));
  assert.equal(unsent.bytes, 3_000);
  peers[0]?.send(peers[0].widen(1, 1_000));
  peers[0]?.take();
  peers[1]?.send(peers[1].reset(1, ErrorCode.cancel));
  peers[2]?.connection.lost();
  assert.equal(unsent.bytes, 0);
});
