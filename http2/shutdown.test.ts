import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector } from "./collect.fixture.ts";
import { echoEvents } from "./echo.fixture.ts";
import { ErrorCode, Flag, FrameType, maxInt31, preface } from "./frames.ts";
import { errorOf, type Frame, frame, get, goawayText, Peer, post } from "./peer.fixture.ts";
import type { Stream } from "./stream.ts";

function goaways(frames: readonly Frame[]): number[] {
  return frames.filter(({ type }) => type === FrameType.goaway).map(({ payload }) => payload.readUInt32BE(0));
}

function answerPings(peer: Peer, frames: readonly Frame[]): void {
  for (const { type, flags, payload } of frames) {
    if (type === FrameType.ping && flags === 0) peer.send(frame(FrameType.ping, Flag.ack, 0, payload));
  }
}

test("A server leaves in two steps, serves what came in between, and ends with the last call", () => {
  const leaving: string[] = [];
  const streams: Stream[] = [];
  const events = {
    request: (stream: Stream) => void streams.push(stream),
    leaving: (why: string) => void leaving.push(why),
  };
  const peer = new Peer(true, events).greet();
  peer.send(peer.headers(1, post));
  peer.connection.shutDown("max_age");
  const first = peer.take();
  assert.deepEqual(goaways(first), [maxInt31]);
  assert.equal(goawayText(first), "max_age");
  assert.deepEqual(leaving, ["max_age"]);
  peer.send(peer.headers(3, post));
  answerPings(peer, first);
  assert.deepEqual(goaways(peer.take()), [3]);
  // Too late: decoded and dropped.
  peer.send(peer.headers(5, post));
  assert.equal(peer.connection.streams.size, 2);
  assert.equal(peer.isEnded, false);
  streams[0]?.reset();
  assert.equal(peer.isEnded, false);
  streams[1]?.reset();
  assert.ok(peer.isEnded);
});

test("The second GOAWAY does not wait longer than five seconds for the PING's answer", () => {
  const peer = new Peer(true, { request: () => {} }).greet();
  peer.send(peer.headers(1, post));
  peer.connection.shutDown();
  assert.deepEqual(goaways(peer.take()), [maxInt31]);
  peer.clock.advance(7_000);
  assert.deepEqual(goaways(peer.take()), [1]);
});

test("A connection leaves at its age, and one without streams when it was idle for long", () => {
  const old = new Peer(true, { request: () => {} }, { maxAgeMs: 60_000 }).greet();
  old.send(old.headers(1, post));
  old.clock.advance(50_000);
  assert.deepEqual(goaways(old.take()), []);
  old.clock.advance(12_000);
  assert.equal(goawayText(old.take()), "max_age");
  const idle = new Peer(true, echoEvents, { maxIdleMs: 60_000 }).greet();
  idle.clock.advance(50_000);
  idle.send(idle.headers(1, get, true));
  idle.clock.advance(50_000);
  assert.deepEqual(goaways(idle.take()), []);
  idle.clock.advance(12_000);
  assert.equal(goawayText(idle.take()), "max_idle");
});

test("A silent peer is sent a PING, and is gone without its answer", () => {
  const options = { keepaliveMs: 30_000, keepaliveTimeoutMs: 10_000 };
  const peer = new Peer(true, {}, options).greet();
  peer.clock.advance(31_500);
  const pings = peer.take();
  assert.deepEqual(
    pings.map(({ type }) => type),
    [FrameType.ping],
  );
  answerPings(peer, pings);
  peer.clock.advance(25_000);
  assert.deepEqual(peer.take(), []);
  peer.clock.advance(20_000);
  assert.equal(goawayText(peer.take()), "keepalive timeout");
  assert.ok(peer.isEnded);
});

test("SETTINGS that are not acknowledged in ten seconds, and a preface that does not come, end the connection", () => {
  for (const first of [[], [preface, frame(FrameType.settings, 0, 0)]]) {
    const peer = new Peer(true, {});
    peer.send(...first);
    peer.clock.advance(12_000);
    assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: ErrorCode.settingsTimeout });
  }
});

test("A header block that does not end ends the connection after fifteen seconds", () => {
  const peer = new Peer(true, {}).greet();
  peer.clock.advance(20_000);
  peer.send(frame(FrameType.headers, 0, 1, Buffer.from([0x82])));
  peer.clock.advance(12_000);
  assert.equal(peer.isEnded, false);
  peer.clock.advance(6_000);
  assert.ok(peer.isEnded);
});

test("An idle connection has no timer of its own running every second", () => {
  const peer = new Peer(true, echoEvents, { keepaliveMs: 3_600_000 }).greet();
  peer.send(peer.headers(1, get, true));
  peer.clock.advance(2_000);
  let ticks = 0;
  const { connection } = peer;
  const tick = connection.tick.bind(connection);
  connection.tick = () => {
    ticks++;
    tick();
  };
  peer.clock.advance(600_000);
  assert.equal(ticks, 0);
});

test("A lost connection tells every stream once", () => {
  const collector = new Collector();
  const peer = new Peer(true, { request: stream => stream.listen(collector) }).greet();
  peer.send(peer.headers(1, post));
  peer.connection.lost();
  peer.connection.lost();
  assert.equal(collector.end?.by, "connection");
  assert.equal(collector.end?.message, "the connection was lost");
});

test("After an error nothing is read and nothing written any more", () => {
  const peer = new Peer(true, echoEvents).greet();
  peer.send(frame(FrameType.data, 0, 1, Buffer.from("x")));
  assert.equal(errorOf(peer.take()).frame, "goaway");
  peer.send(peer.headers(3, get, true));
  peer.connection.turn();
  peer.clock.advance(100_000);
  assert.deepEqual(peer.take(), []);
});
