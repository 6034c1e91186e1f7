import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode, FrameType } from "./frames.ts";
import { errorOf, get, post } from "./peer.fixture.ts";
import { kinds, Served } from "./served.fixture.ts";

const ok = [":status", "200"];

test("A reply to a request without stated length goes out at once; the rest is drained for 200 ms, then refused", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post), peer.data(1, "some"));
  served.stream.respond(ok);
  served.stream.end(Buffer.from("reply"), ["grpc-status", "0"]);
  assert.deepEqual(kinds(peer.take()), ["HEADERS", "DATA", "HEADERS end"]);
  peer.send(peer.data(1, "more"));
  assert.equal(served.collector.chunks.length, 1);
  peer.clock.advance(150);
  assert.deepEqual(kinds(peer.take()), []);
  peer.clock.advance(100);
  assert.deepEqual(errorOf(peer.take()), { frame: "reset", code: ErrorCode.noError });
  assert.equal(served.collector.end?.by, "finished");
  // What was under way is forgiven.
  peer.send(peer.data(1, "late", true), peer.headers(3, get, true));
  assert.equal(errorOf(peer.take()).frame, "none");
});

test("A request that ends behind its reply, within the time to drain, is not refused", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post));
  served.stream.respond(ok, undefined, true);
  peer.send(peer.data(1, "rest", true));
  assert.equal(served.collector.end?.by, "finished");
  peer.clock.advance(1_000);
  assert.equal(errorOf(peer.take()).frame, "none");
});

test("A reply to a request of stated length waits for it, a second at most", () => {
  const early = () => {
    const served = new Served();
    served.peer.send(served.peer.headers(1, [...post, "content-length", "8"]), served.peer.data(1, "some"));
    served.stream.respond(ok);
    served.stream.end(Buffer.from("reply"));
    assert.deepEqual(kinds(served.peer.take()), []);
    return served;
  };
  const { peer: complete } = early();
  complete.send(complete.data(1, "more", true));
  assert.deepEqual(kinds(complete.take()), ["HEADERS", "DATA end"]);
  const { peer: late } = early();
  late.clock.advance(1_100);
  assert.deepEqual(kinds(late.take()), ["HEADERS", "DATA end"]);
  late.clock.advance(300);
  assert.deepEqual(errorOf(late.take()), { frame: "reset", code: ErrorCode.noError });
});

test("A held reply without a body, one that is only a head, and a reset of it leave nothing behind", () => {
  const request = [...post, "content-length", "4"];
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, request));
  served.stream.respond([":status", "204"], undefined, true);
  peer.send(peer.headers(3, request));
  served.stream.respond(ok);
  served.stream.end(undefined, ["grpc-status", "5"]);
  peer.send(peer.headers(5, request));
  served.stream.respond(ok);
  served.stream.write(Buffer.from("x"));
  peer.send(peer.reset(5, ErrorCode.cancel));
  assert.deepEqual(kinds(peer.take()), []);
  peer.send(peer.data(1, "body", true), peer.data(3, "body", true));
  assert.deepEqual(kinds(peer.take()), ["HEADERS end", "HEADERS", "HEADERS end"]);
  assert.equal(peer.connection.streams.size, 0);
  assert.equal(peer.connection.outbound.queuedBytes, 0);
});

test("After more than 8 MiB the rest of a request that is answered is left to its window", () => {
  const served = new Served();
  const { peer } = served;
  peer.send(peer.headers(1, post));
  served.stream.respond(ok);
  served.stream.end();
  let sent = 0;
  for (let window = 65_535; window >= 16_384 && sent < 20_000_000; ) {
    peer.send(peer.data(1, Buffer.alloc(16_384)));
    window -= 16_384;
    sent += 16_384;
    for (const { type, id, payload } of peer.take()) {
      if (type === FrameType.windowUpdate && id === 1) window += payload.readUInt32BE(0);
    }
  }
  assert.ok(sent > 8_000_000 && sent < 9_000_000, `${sent} bytes`);
});
