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
