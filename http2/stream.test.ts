import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector } from "./collect.fixture.ts";
import { ErrorCode, Flag, FrameType } from "./frames.ts";
import { errorOf, frame, get, Peer, post, uint32 } from "./peer.fixture.ts";
import { kinds, Served } from "./served.fixture.ts";
import { SettingId } from "./settings.ts";
import type { Stream } from "./stream.ts";

const ok = [":status", "200"];

test("A request that is here whole is told at once, with its trailers", () => {
  const { peer, ...served } = new Served();
  peer.send(peer.headers(1, post), peer.data(1, "bo"), peer.data(1, "dy"), peer.headers(1, ["x-sum", "7"], true));
  const [collector] = served.collectors;
  assert.equal(Buffer.concat(collector?.chunks ?? []).toString(), "body");
  assert.equal(collector?.trailers?.headers["x-sum"], "7");
  assert.equal(served.streams[0]?.request?.path, "/echo");
});

test("A body of another length than stated resets its stream alone", () => {
  for (const body of ["123", "12345"]) {
    const served = new Served();
    const { peer } = served;
    peer.send(peer.headers(1, [...post, "content-length", "4"]));
    peer.send(peer.data(1, body, true));
    assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.protocolError });
    assert.equal(served.collector.isComplete, false);
    assert.equal(served.collector.end?.by, "self");
  }
  const { peer } = new Served();
  peer.send(peer.headers(1, [...post, "content-length", "4"], true));
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.protocolError });
});

test("A second head that ends nothing, and trailers with pseudo-headers, are malformed", () => {
  for (const [fields, end] of [[["x-a", "b"], false] as const, [[":path", "/"], true] as const]) {
    const { peer } = new Served();
    peer.send(peer.headers(1, post), peer.headers(1, fields, end));
    assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.protocolError });
  }
});

test("A paused body is kept, small parts joined, and told on resume in order", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post));
  served.stream.pause();
  for (let index = 0; index < 5_000; index++) peer.send(peer.data(1, Buffer.from([index & 0xff])));
  peer.send(peer.data(1, Buffer.alloc(5_000, 1)), peer.data(1, "end", true));
  assert.equal(served.collector.chunks.length, 0);
  served.stream.resume();
  assert.ok(served.collector.chunks.length < 10, `${served.collector.chunks.length} parts`);
  const whole = Buffer.concat(served.collector.chunks);
  assert.ok(whole.subarray(0, 5_000).every((byte, index) => byte === (index & 0xff)));
  assert.equal(whole.length, 10_003);
  assert.ok(served.collector.isComplete);
});

test("A listener that pauses at a part is told no more until it resumes", () => {
  const told: string[] = [];
  let stream: Stream | undefined;
  const peer = new Peer(true, {
    request: opened => {
      stream = opened;
      opened.listen({
        data: chunk => {
          told.push(chunk.toString());
          opened.pause();
        },
        ended: () => told.push("end"),
        drained: () => {},
        closed: () => {},
      });
      opened.resume();
    },
  }).greet();
  peer.send(peer.headers(1, post), peer.data(1, "a".repeat(1_024)), peer.data(1, "b".repeat(16_000), true));
  assert.equal(told.length, 1);
  stream?.resume();
  assert.equal(told.length, 2);
  stream?.resume();
  assert.equal(told.at(-1), "end");
});

test("The client's reset is told once, with its code, and nothing is sent after it", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post), peer.data(1, "some"));
  peer.send(peer.reset(1, ErrorCode.cancel));
  assert.deepEqual(served.collector.end, {
    by: "peer",
    code: ErrorCode.cancel,
    unprocessed: false,
    message: "reset by the peer with CANCEL",
  });
  served.stream.respond(ok);
  served.stream.write(Buffer.from("reply"));
  served.stream.end();
  served.stream.reset();
  assert.deepEqual(kinds(peer.take()), []);
});

test("A stream that its server resets ends for its client with that code", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post));
  served.stream.reset(ErrorCode.internalError);
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.internalError });
  assert.equal(served.collector.end?.by, "self");
});

test("A head above the peer's MAX_HEADER_LIST_SIZE ends the stream", () => {
  const streams: Stream[] = [];
  const peer = new Peer(true, { request: stream => void streams.push(stream) }).greet([
    SettingId.maxHeaderListSize,
    100,
  ]);
  peer.send(peer.headers(1, get, true));
  streams[0]?.respond([...ok, "x-large", "a".repeat(50)]);
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.internalError });
});

test("A head that exceeds a frame goes on in CONTINUATION", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, get, true));
  const value = "v".repeat(40_000);
  served.stream.respond(ok, ["x-large", value], true);
  const frames = peer.take();
  assert.deepEqual(
    frames.map(({ type, flags }) => [type, flags]),
    [
      [FrameType.headers, Flag.endStream],
      [FrameType.continuation, 0],
      [FrameType.continuation, Flag.endHeaders],
    ],
  );
  const block = Buffer.concat(frames.map(({ payload }) => payload));
  assert.ok(block.includes(value));
});

test("The engine itself answers CONNECT with 405 and expectations it does not know with 417", () => {
  const { peer, streams } = new Served();
  peer.send(peer.headers(1, [":method", "CONNECT", ":authority", "localhost:1"], true));
  peer.send(peer.headers(3, [...get, "expect", "miracles"], true));
  peer.send(peer.headers(5, [...get, "expect", "100-continue"], true));
  const heads = peer.take().filter(({ type }) => type === FrameType.headers);
  assert.deepEqual(
    heads.map(head => peer.fieldsOf(head)[1]),
    ["405", "417"],
  );
  assert.deepEqual(
    streams.map(({ id }) => id),
    [5],
  );
});

test("Informational heads go out before the final one, and not after", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post));
  served.stream.inform([":status", "100"]);
  served.stream.respond(ok);
  served.stream.inform([":status", "103"]);
  assert.deepEqual(
    peer.take().map(head => peer.fieldsOf(head)[1]),
    ["100", "200"],
  );
});

test("Late frames on a stream that we have reset are dropped, their bytes counted and their fields decoded", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post));
  served.stream.reset();
  peer.take();
  const before = peer.connection.window.available;
  peer.send(peer.data(1, "late"), peer.headers(1, ["x-late", "yes"], true));
  assert.equal(peer.connection.window.available, before - 4);
  peer.send(peer.headers(3, [...get, "x-late", "yes"], true));
  assert.equal(served.stream.request?.headers["x-late"], "yes");
  assert.equal(errorOf(peer.take()).frame, "none");
});

test("An error that a listener throws ends its connection, and the others hear of it", () => {
  const failures: unknown[] = [];
  const collector = new Collector();
  const peer = new Peer(true, {
    request: stream => {
      if (stream.id === 1) stream.listen(collector);
      else throw new Error("a bug");
    },
    failed: error => failures.push(error),
  }).greet();
  peer.send(peer.headers(1, post));
  peer.send(peer.headers(3, post));
  assert.match(String(failures[0]), /a bug/);
  assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: ErrorCode.internalError });
  assert.equal(collector.end?.by, "connection");
  assert.ok(peer.isEnded);
});

test("Frames of an unknown type on any stream, and flags nobody knows, change nothing", () => {
  const { peer, collectors } = new Served();
  peer.send(peer.headers(1, post), frame(0xee, 0xff, 1, uint32(1)), frame(FrameType.data, 0xf0, 1, Buffer.from("x")));
  assert.equal(collectors[0]?.chunks.length, 1);
});
