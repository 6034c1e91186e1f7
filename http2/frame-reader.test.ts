import assert from "node:assert/strict";
import { test } from "node:test";
import { echoEvents } from "./echo.fixture.ts";
import type { FrameHandler } from "./frame-handler.ts";
import { FrameReader } from "./frame-reader.ts";
import { Flag, FrameType, preface } from "./frames.ts";
import { frame, get, Peer, post, seeded, uint32 } from "./peer.fixture.ts";

/** Writes down what it is told; parts of one DATA frame as one. */
class Recorder implements FrameHandler {
  readonly told: string[] = [];
  #data: Buffer[] = [];

  dataStarted(id: number, length: number, endStream: boolean): void {
    this.told.push(`data ${id} ${length} ${endStream}`);
  }
  data(chunk: Buffer): void {
    this.#data.push(Buffer.from(chunk));
  }
  dataEnded(): void {
    this.told.push(`end ${Buffer.concat(this.#data).toString("hex")}`);
    this.#data = [];
  }
  headers(id: number, block: Buffer, endStream: boolean): void {
    this.told.push(`headers ${id} ${block.toString("hex")} ${endStream}`);
  }
  priority(): void {
    this.told.push("priority");
  }
  reset(id: number, code: number): void {
    this.told.push(`reset ${id} ${code}`);
  }
  settings(entries: Buffer): void {
    this.told.push(`settings ${entries.toString("hex")}`);
  }
  settingsAcknowledged(): void {
    this.told.push("settings ack");
  }
  ping(payload: Buffer, ack: boolean): void {
    this.told.push(`ping ${payload.toString("hex")} ${ack}`);
  }
  goaway(lastId: number, code: number, text: Buffer): void {
    this.told.push(`goaway ${lastId} ${code} ${text}`);
  }
  windowUpdate(id: number, increment: number): void {
    this.told.push(`window ${id} ${increment}`);
  }
  unknown(): void {
    this.told.push("unknown");
  }
}

const { padded, endHeaders, endStream, priority, ack } = Flag;
const session = Buffer.concat([
  preface,
  frame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0])),
  frame(FrameType.settings, ack, 0),
  frame(FrameType.headers, endHeaders, 1, Buffer.from("abc")),
  frame(FrameType.headers, padded | priority, 3, Buffer.from([2, 0, 0, 0, 1, 9, 97, 98, 0, 0])),
  frame(FrameType.continuation, 0, 3, Buffer.from("cd")),
  frame(FrameType.continuation, endHeaders, 3, Buffer.from("")),
  frame(FrameType.data, 0, 1, Buffer.from("some data")),
  frame(FrameType.data, padded, 1, Buffer.from([3, 120, 121, 122, 0, 0, 0])),
  frame(FrameType.data, padded, 1, Buffer.from([2, 0, 0])),
  frame(FrameType.data, endStream, 1),
  frame(0x7a, 0xff, 9, Buffer.from("whatever")),
  frame(FrameType.priority, 0, 3, Buffer.from([0, 0, 0, 1, 5])),
  frame(FrameType.ping, 0, 0, Buffer.from("12345678")),
  frame(FrameType.windowUpdate, 0, 0x8000_0001, uint32(0x8000_0005)),
  frame(FrameType.reset, 0, 3, uint32(8)),
  frame(FrameType.goaway, 0, 0, Buffer.concat([uint32(7, 0), Buffer.from("bye")])),
]);

function read(...chunks: readonly Buffer[]): string[] {
  const recorder = new Recorder();
  const reader = new FrameReader(recorder, true);
  for (const chunk of chunks) reader.receive(chunk);
  return recorder.told;
}

test("Each frame is told once, without padding, priorities and reserved bits", () => {
  assert.deepEqual(read(session), [
    "settings 000400010000",
    "settings ack",
    "headers 1 616263 false",
    "headers 3 61626364 false",
    "data 1 9 false",
    "end 736f6d652064617461",
    "data 1 7 false",
    "end 78797a",
    "data 1 3 false",
    "end ",
    "data 1 0 true",
    "end ",
    "unknown",
    "priority",
    "ping 3132333435363738 false",
    "window 1 5",
    "reset 3 8",
    "goaway 7 0 bye",
  ]);
});

test("The same is told wherever the bytes are cut", () => {
  const whole = read(session);
  for (let at = 0; at <= session.length; at++) {
    assert.deepEqual(read(session.subarray(0, at), session.subarray(at)), whole, `cut at byte ${at}`);
  }
  assert.deepEqual(read(...[...session].map(byte => Buffer.from([byte]))), whole);
  const below = seeded(7);
  for (let round = 0; round < 200; round++) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < session.length; ) {
      const end = at + 1 + below(40);
      chunks.push(session.subarray(at, end));
      at = end;
    }
    assert.deepEqual(read(...chunks), whole);
  }
});

test("A server's bytes are the same wherever its client's are cut", () => {
  const client = new Peer(true, {});
  const bytes = Buffer.concat([
    preface,
    frame(FrameType.settings, 0, 0),
    frame(FrameType.settings, ack, 0),
    client.headers(1, post),
    client.data(1, "some"),
    client.data(1, " data", true),
    client.headers(3, get, true),
    frame(FrameType.ping, 0, 0, Buffer.from("12345678")),
    client.headers(5, [...post, "content-length", "3"]),
    client.data(5, "four", true),
    client.headers(7, ["bad", "head"], true),
    client.headers(9, get, true),
    client.reset(9, 8),
  ]);
  // What goes out is gathered at the end alone, as in one turn.
  function reply(...chunks: readonly Buffer[]): string {
    const peer = new Peer(true, echoEvents);
    for (const chunk of chunks) peer.connection.receive(chunk);
    return frames(peer).join("\n");
  }
  function frames(peer: Peer): string[] {
    return peer.take().map(({ type, flags, id, payload }) => `${id} ${type} ${flags} ${payload.toString("hex")}`);
  }
  /** By stream: where calls start depends on the cut, and so does their order among others. */
  const ordered = (text: string) => text.split("\n").sort().join("\n");
  const tail = bytes.length - client.headers(9, get, true).length - 13;
  for (let at = 1; at < tail; at++) {
    const cut = reply(bytes.subarray(0, at), bytes.subarray(at, tail));
    // An echo goes back in as many DATA frames as it came in parts.
    assert.equal(joined(ordered(cut)), joined(ordered(reply(bytes.subarray(0, tail)))), `cut at byte ${at}`);
  }
});

/** The DATA of each stream as one line, so that it does not matter in how many frames it went. */
function joined(frames: string): string {
  return frames
    .split("\n")
    .filter(line => !/^\d+ 0 /.test(line))
    .join("\n");
}
