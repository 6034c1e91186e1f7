import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector } from "./collect.fixture.ts";
import { Flag, FrameType } from "./frames.ts";
import { frame, Peer, post } from "./peer.fixture.ts";
import { SettingId, settingsPayload } from "./settings.ts";
import type { Stream } from "./stream.ts";

test("A window that is consumed within two round trips doubles, up to 1 MiB", () => {
  let stream: Stream | undefined;
  const peer = new Peer(true, {
    request: opened => {
      stream = opened;
      opened.listen(new Collector());
      opened.resume();
    },
  });
  // The answer to SETTINGS takes 100 ms.
  peer.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(FrameType.settings, 0, 0));
  peer.clock.advance(100);
  peer.send(frame(FrameType.settings, Flag.ack, 0), peer.headers(1, post));
  for (let sentBytes = 0; sentBytes < 6_000_000; sentBytes += 16_384) {
    peer.clock.advance(1);
    peer.send(peer.data(1, Buffer.alloc(16_384)));
  }
  assert.equal(stream?.window.size, 1024 * 1024);
});

test("A window that is consumed slowly stays as it is", () => {
  let stream: Stream | undefined;
  const peer = new Peer(true, {
    request: opened => {
      stream = opened;
      opened.listen(new Collector());
      opened.resume();
    },
  }).greet();
  peer.send(peer.headers(1, post));
  for (let index = 0; index < 100; index++) {
    peer.clock.advance(1_000);
    peer.send(peer.data(1, Buffer.alloc(16_384)));
  }
  assert.equal(stream?.window.size, 65_535);
});

test("A message that is wanted opens the window for all of it, once", () => {
  let stream: Stream | undefined;
  const peer = new Peer(true, {
    request: opened => {
      stream = opened;
    },
  }).greet();
  peer.send(peer.headers(1, post));
  stream?.listen(new Collector());
  stream?.resume();
  stream?.want(3_000_000);
  assert.equal(stream?.window.available, 3_000_000);
  for (let left = 3_000_000; left > 0; left -= 16_384) peer.send(peer.data(1, Buffer.alloc(Math.min(left, 16_384))));
  assert.ok((stream?.window.available ?? 0) <= 65_535);
  assert.ok((stream?.window.available ?? 0) > 49_000);
  assert.equal(peer.connection.growth.left, 4 * 1024 * 1024);
});

test("A stream's window that is exceeded ends the connection", () => {
  const peer = new Peer(true, { request: () => {} }).greet();
  const full = Buffer.alloc(16_384);
  peer.send(peer.headers(1, post), ...[1, 2, 3, 4].map(() => peer.data(1, full)));
  assert.deepEqual(peer.take().at(-1)?.payload.readUInt32BE(4), 3);
});

test("A window of one byte lets one byte go", () => {
  let stream: Stream | undefined;
  const peer = new Peer(true, {
    request: opened => {
      stream = opened;
    },
  }).greet([SettingId.initialWindowSize, 1]);
  peer.send(peer.headers(1, post, true));
  stream?.respond([":status", "200"]);
  stream?.end(Buffer.from("body"));
  const data = peer.take().filter(({ type }) => type === FrameType.data);
  assert.deepEqual(
    data.map(({ payload }) => payload.toString()),
    ["b"],
  );
});

test("Streams take turns, and trailers go behind their data", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: opened => void streams.push(opened) }).greet([SettingId.initialWindowSize, 0]);
  for (const id of [1, 3, 5]) peer.send(peer.headers(id, post, true));
  for (const stream of streams) {
    stream.respond([":status", "200"]);
    stream.end(Buffer.alloc(20_000), ["grpc-status", "0"]);
  }
  peer.take();
  peer.send(frame(FrameType.settings, 0, 0, settingsPayload([[SettingId.initialWindowSize, 65_535]])));
  assert.deepEqual(
    peer
      .take()
      .filter(({ id }) => id > 0)
      .map(({ type, id, payload }) => (type === FrameType.data ? `${id}: ${payload.length}` : `${id}: end`)),
    ["1: 16384", "3: 16384", "5: 16384", "1: 3616", "1: end", "3: 3616", "3: end", "5: 3616", "5: end"],
  );
});

test("write returns false above 64 KiB that wait, and drained is told below 32", () => {
  let stream: Stream | undefined;
  const peer = new Peer(true, {
    request: opened => {
      stream = opened;
    },
  }).greet([SettingId.initialWindowSize, 0]);
  peer.send(peer.headers(1, post, true));
  const collector = new Collector();
  stream?.listen(collector);
  stream?.respond([":status", "200"]);
  assert.equal(stream?.write(Buffer.alloc(65_536)), true);
  assert.equal(stream?.write(Buffer.alloc(1)), false);
  peer.send(peer.widen(1, 32_769));
  peer.take();
  assert.equal(collector.drains, 0);
  peer.send(peer.widen(1, 1));
  peer.take();
  assert.equal(collector.drains, 1);
});

test("Messages that are kept incomplete are bounded by 16 MiB a connection, and given back at their stream's end", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: stream => void streams.push(stream) }).greet();
  peer.send(peer.headers(1, post), peer.headers(3, post));
  const [one, other] = streams as [Stream, Stream];
  assert.ok(one.retain(16 * 1024 * 1024));
  assert.equal(other.retain(1), false);
  one.release();
  assert.ok(other.retain(10_000_000));
  peer.send(peer.reset(3, 8));
  assert.equal(other.retain(1), false);
  assert.ok(one.retain(16 * 1024 * 1024));
});
