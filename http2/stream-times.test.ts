import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode, FrameType } from "./frames.ts";
import { errorOf, get, Peer, post } from "./peer.fixture.ts";
import { Served } from "./served.fixture.ts";
import { SettingId } from "./settings.ts";
import type { Stream } from "./stream.ts";

test("A body that is limited in time and late is broken off with ENHANCE_YOUR_CALM", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post), peer.headers(3, post));
  for (const stream of served.streams) stream.limitBody(5_000);
  peer.send(peer.data(1, "in time", true));
  peer.clock.advance(8_000);
  const resets = peer.take().filter(({ type }) => type === FrameType.reset);
  assert.deepEqual(
    resets.map(({ id, payload }) => [id, payload.readUInt32BE(0)]),
    [[3, ErrorCode.enhanceYourCalm]],
  );
});

test("A reply that makes no progress for a minute is broken off, finished or not, and that is told", () => {
  const streams: Stream[] = [];
  const cuts: string[] = [];
  const events = {
    request: (stream: Stream) => void streams.push(stream),
    cut: (reason: string) => void cuts.push(reason),
  };
  const peer = new Peer(true, events).greet([SettingId.initialWindowSize, 0]);
  peer.send(peer.headers(1, get, true), peer.headers(3, get, true));
  peer.clock.advance(120_000);
  for (const stream of streams) {
    stream.respond([":status", "200"]);
    stream.write(Buffer.from("never read"));
  }
  peer.clock.advance(30_000);
  // Neither more to send nor its end is progress.
  streams[0]?.end(Buffer.from("nor this"));
  peer.clock.advance(25_000);
  assert.equal(errorOf(peer.take()).frame, "none");
  peer.clock.advance(10_000);
  const resets = peer.take().filter(({ type }) => type === FrameType.reset);
  assert.deepEqual(
    resets.map(({ id, payload }) => [id, payload.readUInt32BE(0)]),
    [
      [1, ErrorCode.enhanceYourCalm],
      [3, ErrorCode.enhanceYourCalm],
    ],
  );
  assert.deepEqual(cuts, ["what was sent is not read", "what was sent is not read"]);
});

test("A connection that has come to rest lets go of heads that came before, and serves on", () => {
  const served = new Served();
  const { peer } = served;
  const heads = () => {
    const before = served.streams.length;
    const id = 2 * before + 1;
    // The first of its kind puts its fields into the table, and only the next are alike.
    for (const n of [0, 1, 2, 3]) peer.send(peer.headers(id + 2 * n, frozen, true));
    const streams = served.streams.slice(before);
    for (const stream of streams) {
      stream.respond(reply, undefined, true);
      stream.settled();
    }
    const replies = peer.take().filter(({ type }) => type === FrameType.headers);
    assert.deepEqual(
      replies.map(answer => peer.fieldsOf(answer)),
      [reply, reply, reply, reply],
    );
    return streams.map(({ request }) => request);
  };
  const frozen = Object.freeze([...get]);
  const reply = Object.freeze([":status", "200", "x-by", "me"]);
  const [, second, third] = heads();
  assert.equal(third, second);
  assert.equal(heads().at(-1), second);
  peer.clock.advance(3_000);
  const [again, last] = heads();
  assert.notEqual(again, second);
  assert.deepEqual(again, second);
  assert.equal(last, again);
});
