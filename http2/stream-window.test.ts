import assert from "node:assert/strict";
import { test } from "node:test";
import { baseBytes, exposedBytes, FarClient, farStreamWindow } from "./far-client.fixture.ts";
import { defaultWindow, ErrorCode, Flag, FrameType } from "./frames.ts";
import { connectionGrowthBytes, MemoryBudget } from "./memory-budget.ts";
import { errorOf, frame } from "./peer.fixture.ts";

const megabyte = 1024 * 1024;

test("A far client may send a whole message at once, a near one 65,535 bytes", () => {
  for (const [roundTripMs, announced] of [
    [9, []],
    [10, [farStreamWindow]],
  ] as const) {
    const client = new FarClient(roundTripMs);
    client.settle();
    assert.deepEqual(client.announced, announced);
    client.open().resume();
    assert.equal(client.fill(3, 8 * megabyte), announced[0] ?? defaultWindow);
  }
});

test("A stream that is open when the wide window is announced gets it, too", () => {
  const client = new FarClient(100);
  client.open();
  assert.equal(client.mayUse(3), defaultWindow);
  client.settle();
  assert.equal(client.mayUse(3), farStreamWindow);
});

test("Where all streams may hold less than one wide window, none is announced", () => {
  const client = new FarClient(100, { maxStreams: 60 });
  client.settle();
  assert.deepEqual(client.announced, []);
});

test("Streams that are not read have the windows narrowed; what was sent by then is taken", () => {
  const client = new FarClient(100);
  client.settle();
  const stream = client.open();
  assert.equal(client.fill(3, farStreamWindow), farStreamWindow);
  assert.deepEqual(client.announced, [farStreamWindow]);
  client.settle();
  assert.deepEqual(client.announced, [farStreamWindow, defaultWindow]);
  assert.equal(stream.window.available, defaultWindow - farStreamWindow);
  client.open();
  assert.equal(client.mayUse(5), defaultWindow);
  // All is read: the stream goes on with a narrow window.
  stream.resume();
  client.settle();
  assert.ok(client.mayUse(3) >= defaultWindow && client.mayUse(3) <= megabyte);
  stream.reset();
  assert.equal(client.peer.connection.growth.left, connectionGrowthBytes);
});

test("A window is narrow once that is acknowledged, and not with the acknowledgement of the wide one", () => {
  const client = new FarClient(100);
  for (const id of [3, 5, 7, 9, 11]) {
    client.open();
    client.fill(id, defaultWindow);
  }
  // Both announcements are still on their way.
  const { peer } = client;
  const acknowledgement = frame(FrameType.settings, Flag.ack, 0);
  peer.send(acknowledgement, peer.data(3, Buffer.alloc(16_384)));
  assert.equal(errorOf(peer.take()).frame, "none");
  peer.send(acknowledgement, peer.data(3, Buffer.alloc(1)));
  assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: ErrorCode.flowControlError });
});

test("More than a narrowed window allows ends the connection", () => {
  const client = new FarClient(100);
  client.settle();
  client.open();
  client.fill(3, megabyte);
  client.settle();
  client.peer.send(client.peer.data(3, Buffer.alloc(1)));
  assert.deepEqual(errorOf(client.peer.take()), { frame: "goaway", code: ErrorCode.flowControlError });
});

test("What was read of a stream and not given back is given back when its window is narrowed", () => {
  const client = new FarClient(100);
  client.settle();
  const [read] = [client.open(), client.open()];
  read?.resume();
  client.fill(3, megabyte / 2);
  client.fill(5, megabyte);
  client.settle();
  assert.equal(client.mayUse(3), defaultWindow);
});

test("Incomplete messages of more than a wide window have the windows narrowed", () => {
  const client = new FarClient(100);
  client.settle();
  const [one, other] = [client.open(), client.open()];
  one?.resume();
  assert.ok(one?.retain(farStreamWindow) && other?.retain(1));
  client.data(3, 1);
  client.settle();
  assert.deepEqual(client.announced, [farStreamWindow, defaultWindow]);
});

test("Streams that are not read hold no more than near ones, and hold back no other once the windows are narrow", () => {
  const client = new FarClient(100);
  client.settle();
  for (let n = 0; n < 3; n++) client.open();
  let held = 0;
  for (const id of [3, 5, 7]) held += client.fill(id, farStreamWindow);
  assert.ok(held <= baseBytes);
  assert.ok(exposedBytes(client) <= baseBytes);
  client.settle();
  assert.ok(exposedBytes(client) <= baseBytes + connectionGrowthBytes);
  client.open();
  assert.equal(client.mayUse(9), defaultWindow);
});

test("Where the growth of all connections is spent, unread bytes keep the connection's window small until they are read", () => {
  const client = new FarClient(100, { growth: new MemoryBudget(0) });
  client.settle();
  const streams = [client.open(), client.open()];
  for (const id of [3, 5]) client.fill(id, farStreamWindow);
  client.settle();
  assert.deepEqual(client.announced, [farStreamWindow, defaultWindow]);
  assert.ok(exposedBytes(client) <= baseBytes);
  for (const stream of streams) stream.resume();
  client.settle();
  assert.ok(client.peer.connection.window.available > 4 * megabyte);
});

test("Streams that end unread count no more", () => {
  const client = new FarClient(100);
  client.settle();
  for (const id of [3, 5]) {
    client.open();
    client.fill(id, 2 * megabyte);
  }
  client.settle();
  assert.equal(client.peer.connection.growth.left, 0);
  client.peer.send(client.peer.reset(3, ErrorCode.cancel));
  client.streams[1]?.reset();
  assert.equal(client.peer.connection.window.unread, 0);
  assert.equal(client.peer.connection.growth.left, connectionGrowthBytes);
});

test("An acknowledgement of SETTINGS that were not sent ends the connection", () => {
  const client = new FarClient(100);
  client.settle();
  client.peer.send(frame(FrameType.settings, Flag.ack, 0));
  assert.deepEqual(errorOf(client.peer.take()), { frame: "goaway", code: ErrorCode.protocolError });
});
