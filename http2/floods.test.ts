import assert from "node:assert/strict";
import { test } from "node:test";
import { echoEvents } from "./echo.fixture.ts";
import { ErrorCode, FrameType } from "./frames.ts";
import { errorOf, type Frame, frame, get, goawayText, Peer, post, uint32 } from "./peer.fixture.ts";
import { SettingId } from "./settings.ts";
import type { Stream } from "./stream.ts";

/** The GOAWAY that ends a connection comes after the graceful one. */
function lastGoaway(frames: readonly Frame[]): readonly Frame[] {
  return frames.filter(({ type }) => type === FrameType.goaway).slice(-1);
}

function assertCalm(peer: Peer, text: string): void {
  const frames = peer.take();
  const last = lastGoaway(frames);
  assert.deepEqual(errorOf(last), { frame: "goaway", code: ErrorCode.enhanceYourCalm });
  assert.equal(goawayText(last), text);
  assert.ok(peer.isEnded);
}

const empty = Buffer.alloc(0);
const controlFrames: readonly (readonly [name: string, bytes: Buffer, text: string])[] = [
  ["PING", frame(FrameType.ping, 0, 0, Buffer.alloc(8)), "too_many_pings"],
  ["SETTINGS", frame(FrameType.settings, 0, 0), "control frames"],
  ["PRIORITY", frame(FrameType.priority, 0, 9, Buffer.alloc(5)), "control frames"],
  ["unknown frames", frame(0x77, 0, 0), "control frames"],
  ["empty DATA", frame(FrameType.data, 0, 1, empty), "control frames"],
  ["padding alone", frame(FrameType.data, 8, 1, Buffer.from([2, 0, 0])), "control frames"],
];

for (const [name, bytes, text] of controlFrames) {
  test(`A flood of ${name} ends the connection after a hundred, which a minute gives back`, () => {
    const peer = new Peer(true, { request: () => {} }).greet();
    peer.send(peer.headers(1, post));
    peer.send(...Array.from({ length: 70 }, () => bytes));
    assert.equal(errorOf(peer.take()).frame, "none");
    peer.clock.advance(60_000);
    peer.send(...Array.from({ length: 74 }, () => bytes));
    assert.equal(errorOf(peer.take()).frame, "none");
    peer.send(...Array.from({ length: 40 }, () => bytes));
    assertCalm(peer, text);
  });
}

test("Three quarters of a budget end the connection gracefully", () => {
  const peer = new Peer(true, { request: () => {} }).greet();
  peer.send(...Array.from({ length: 80 }, () => frame(FrameType.ping, 0, 0, Buffer.alloc(8))));
  const goaway = lastGoaway(peer.take());
  assert.deepEqual(errorOf(goaway), { frame: "goaway", code: ErrorCode.noError });
  assert.equal(goawayText(goaway), "control frames");
  assert.equal(peer.isEnded, false);
});

test("Replies forgive control frames", () => {
  const peer = new Peer(true, echoEvents).greet();
  for (let id = 1; id < 40; id += 2) {
    peer.send(...Array.from({ length: 50 }, () => frame(FrameType.ping, 0, 0, Buffer.alloc(8))));
    peer.send(peer.headers(id, get, true));
    assert.equal(errorOf(peer.take()).frame, "none");
  }
});

test("WINDOW_UPDATE counts beyond what streams and DATA sent explain", () => {
  const peer = new Peer(true, { request: () => {} }).greet();
  peer.send(peer.headers(1, post));
  // 5 + 2 × 1 stream are free.
  peer.send(...Array.from({ length: 7 + 70 }, () => peer.widen(1, 1)));
  assert.equal(errorOf(peer.take()).frame, "none");
  peer.send(...Array.from({ length: 31 }, () => peer.widen(0, 1)));
  assertCalm(peer, "control frames");
});

test("A rapid reset of calls in one read starts none of them, and ends the connection after a thousand", () => {
  let started = 0;
  const peer = new Peer(true, { request: () => void started++ }).greet();
  let id = 1;
  const attack = (calls: number) => {
    const frames: Buffer[] = [];
    for (let index = 0; index < calls; index++, id += 2) {
      frames.push(peer.headers(id, post), peer.reset(id, ErrorCode.cancel));
    }
    peer.send(...frames);
  };
  attack(700);
  assert.equal(errorOf(peer.take()).frame, "none");
  assert.equal(started, 0);
  attack(301);
  assertCalm(peer, "resets");
});

test("A reset of a call that is answered is free", () => {
  const peer = new Peer(true, echoEvents).greet();
  let id = 1;
  for (let index = 0; index < 1_500; index++, id += 2) {
    peer.send(peer.headers(id, get, true));
    peer.send(peer.reset(id, ErrorCode.noError));
    assert.equal(errorOf(peer.take()).frame, "none");
  }
});

test("Malformed requests are reset, and end the connection after twenty", () => {
  const peer = new Peer(true, { request: () => {} }).greet();
  let id = 1;
  for (let index = 0; index < 14; index++, id += 2) {
    peer.send(peer.headers(id, ["x-no", "pseudo-headers"], true));
    assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.protocolError });
  }
  peer.send(...Array.from({ length: 7 }, (_, index) => peer.headers(id + 2 * index, ["x-no", "pseudo-headers"], true)));
  assertCalm(peer, "faulty requests");
});

test("DATA under 128 bytes that a window cuts ends the connection after a thousand", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: stream => void streams.push(stream) }).greet([SettingId.initialWindowSize, 0]);
  peer.send(peer.headers(1, post, true));
  streams[0]?.respond([":status", "200"]);
  streams[0]?.write(Buffer.alloc(60_000));
  for (let index = 0; index < 700; index++) {
    peer.send(peer.widen(1, 1));
    assert.equal(errorOf(peer.take()).frame, "none");
  }
  const frames: Frame[] = [];
  for (let index = 0; index < 310 && !peer.isEnded; index++) {
    peer.send(peer.widen(1, 1));
    frames.push(...peer.take());
  }
  assert.equal(goawayText(lastGoaway(frames)), "window dribbles");
});

test("Streams above the limit are refused, and so are calls while twice as many are not settled", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: stream => void streams.push(stream) }, { maxStreams: 2 }).greet();
  peer.send(peer.headers(1, post), peer.headers(3, post), peer.headers(5, post));
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.refusedStream });
  // Their streams are gone, and their calls go on.
  peer.send(peer.reset(1, ErrorCode.cancel), peer.reset(3, ErrorCode.cancel));
  peer.send(peer.headers(7, post), peer.headers(9, post));
  peer.send(peer.reset(7, ErrorCode.cancel), peer.reset(9, ErrorCode.cancel));
  assert.equal(errorOf(peer.take()).frame, "none");
  peer.send(peer.headers(11, post));
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.refusedStream });
  streams[0]?.settled();
  streams[0]?.settled();
  peer.send(peer.headers(13, post));
  assert.equal(errorOf(peer.take()).frame, "none");
  peer.send(peer.headers(15, post));
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.refusedStream });
  assert.equal(streams.length, 5);
});

test("New requests wait while 4 MiB of replies do, and start once their client reads", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: stream => void streams.push(stream) }).greet([SettingId.initialWindowSize, 0]);
  peer.send(peer.headers(1, post, true));
  streams[0]?.respond([":status", "200"]);
  streams[0]?.end(Buffer.alloc(4 * 1024 * 1024 + 1));
  peer.take();
  peer.send(peer.headers(3, post, true), peer.headers(5, post, true));
  assert.equal(errorOf(peer.take()).frame, "none");
  assert.equal(streams.length, 1);
  // One that is reset meanwhile starts nothing.
  peer.send(peer.reset(3, ErrorCode.cancel));
  peer.send(peer.widen(0, 1_000_000), peer.widen(1, 2_000));
  peer.settle();
  assert.deepEqual(
    streams.map(({ id }) => id),
    [1, 5],
  );
});

test("A hundred calls start in a turn, and the others in the next ones", () => {
  const starts: number[] = [];
  const peer = new Peer(true, { request: stream => void starts.push(stream.id) }, { maxStreams: 250 }).greet();
  peer.send(...Array.from({ length: 250 }, (_, index) => peer.headers(1 + 2 * index, post)));
  assert.equal(starts.length, 100);
  peer.settle();
  assert.deepEqual(
    starts,
    Array.from({ length: 250 }, (_, index) => 1 + 2 * index),
  );
});

test("Nothing is read while what was sent piles up, and a peer that reads nothing for 20 seconds is gone", () => {
  const peer = new Peer(true, echoEvents).greet();
  peer.writableLength = 200_000;
  peer.send(frame(FrameType.ping, 0, 0, Buffer.alloc(8)));
  peer.settle();
  assert.ok(peer.isPaused);
  peer.writableLength = 0;
  peer.connection.writable();
  assert.equal(peer.isPaused, false);
  peer.writableLength = 200_000;
  peer.send(frame(FrameType.ping, 0, 0, Buffer.alloc(8)));
  peer.settle();
  peer.clock.advance(25_000);
  assert.ok(peer.isEnded);
});

test("No body is framed while 128 KiB are unsent", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: stream => void streams.push(stream) }).greet([
    SettingId.initialWindowSize,
    10_000_000,
  ]);
  peer.send(peer.headers(1, post, true), peer.widen(0, 10_000_000));
  streams[0]?.respond([":status", "200"]);
  peer.take();
  peer.writableLength = 131_073;
  streams[0]?.end(Buffer.alloc(500_000));
  assert.equal(peer.take().filter(({ type }) => type === FrameType.data).length, 0);
  peer.writableLength = 0;
  peer.connection.writable();
  const bytes = peer.take().reduce((sum, { type, payload }) => sum + (type === FrameType.data ? payload.length : 0), 0);
  assert.equal(bytes, 500_000);
});

test("A head that is too large is answered with 431, and one far too large ends the connection", () => {
  const peer = new Peer(true, { request: () => assert.fail("a request came through") }).greet();
  const bytes = [...post, "x-large", "a".repeat(16_300)];
  peer.send(peer.headers(1, bytes, true));
  const reply = peer.take().find(({ type }) => type === FrameType.headers);
  assert.ok(reply);
  assert.deepEqual(peer.fieldsOf(reply), [":status", "431"]);
  // A block of 16 KiB at most that decodes to 65 KiB: one inserted field, named again and again (CVE-2026-49975).
  const inserted = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0x81, 0x1d]), Buffer.alloc(3_840 - 12, 0x62)]);
  const bomb = Buffer.concat([inserted, Buffer.alloc(2_000, 0x80 | 62)]);
  peer.send(frame(FrameType.headers, 4, 3, bomb));
  assert.equal(peer.isEnded, true);
});

test("The reset of a stream that is not known as open is harmless late and fatal early", () => {
  const peer = new Peer(true, echoEvents).greet();
  peer.send(peer.headers(1, get, true));
  peer.send(peer.reset(1, 8), frame(FrameType.windowUpdate, 0, 1, uint32(5)));
  assert.equal(errorOf(peer.take()).frame, "none");
  peer.send(peer.reset(3, 8));
  assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: ErrorCode.protocolError });
});
