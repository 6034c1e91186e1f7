import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector } from "./collect.fixture.ts";
import { ErrorCode, Flag, FrameType } from "./frames.ts";
import { errorOf, frame, Peer, post } from "./peer.fixture.ts";

const { protocolError, frameSizeError, streamClosed, flowControlError, compressionError } = ErrorCode;

/** A server with stream 1 in a state, and the stream's id; 0 is the connection. */
const states = {
  connection: 0,
  idle: 5,
  even: 2,
  open: 1,
  halfClosed: 1,
  ended: 1,
  resetByUs: 1,
};
type State = keyof typeof states;

function serverIn(state: State): Peer {
  const collector = new Collector();
  let served: Parameters<NonNullable<ConstructorParameters<typeof Peer>[1]["request"]>>[0] | undefined;
  const peer = new Peer(true, {
    request: stream => {
      served = stream;
      stream.listen(collector);
      stream.resume();
    },
    failed: error => {
      throw error;
    },
  }).greet();
  if (state === "idle" || state === "connection" || state === "even") return peer;
  peer.send(peer.headers(1, post, state === "halfClosed" || state === "ended"));
  if (state === "ended") served?.respond([":status", "204"], undefined, true);
  if (state === "resetByUs") served?.reset(ErrorCode.cancel);
  peer.take();
  return peer;
}

/** The code that ends the connection, or undefined where it goes on: RFC 9113's rules, written down a second time. */
function expected(type: number, flags: number, state: State, length: number): number | undefined {
  const padded = (flags & Flag.padded) !== 0;
  const priority = (flags & Flag.priority) !== 0;
  const ack = (flags & Flag.ack) !== 0;
  const isStream = state !== "connection";
  const isClosed = state === "ended" || state === "halfClosed";
  switch (type) {
    case FrameType.data:
      if (!isStream) return protocolError;
      if (padded && length < 1) return frameSizeError;
      if (state === "idle" || state === "even") return protocolError;
      return isClosed ? streamClosed : undefined;
    case FrameType.headers: {
      if (!isStream) return protocolError;
      const least = (padded ? 1 : 0) + (priority ? 5 : 0);
      if (length < least) return frameSizeError;
      // A block that goes on is not decoded yet. Three zeros are a field without name and value, which is malformed.
      if ((flags & Flag.endHeaders) === 0) return undefined;
      if ((length - least) % 3 !== 0) return compressionError;
      if (isClosed) return streamClosed;
      return state === "even" ? protocolError : undefined;
    }
    case FrameType.priority:
      if (!isStream) return protocolError;
      return length === 5 ? undefined : frameSizeError;
    case FrameType.reset:
      if (!isStream) return protocolError;
      if (length !== 4) return frameSizeError;
      return state === "idle" || state === "even" ? protocolError : undefined;
    case FrameType.settings:
      if (isStream) return protocolError;
      if (ack) return length === 0 ? protocolError : frameSizeError;
      // Entries of zeros are of no known setting.
      return length % 6 === 0 ? undefined : frameSizeError;
    case FrameType.pushPromise:
      return protocolError;
    case FrameType.ping:
      if (isStream) return protocolError;
      return length === 8 ? undefined : frameSizeError;
    case FrameType.goaway:
      if (isStream) return protocolError;
      return length >= 8 ? undefined : frameSizeError;
    case FrameType.windowUpdate:
      if (length !== 4) return frameSizeError;
      // An increment of 0, on a stream that is closed, too.
      return protocolError;
    case FrameType.continuation:
      return protocolError;
    default:
      return undefined;
  }
}

test("Every type, with every flag, in every state and of every length up to 20 ends the connection by its rule or not at all", () => {
  for (const state of Object.keys(states) as State[]) {
    for (let type = 0; type <= 12; type++) {
      for (const flags of [0, 1, 4, 8, 0x20, 0xc, 0x24, 0x2c, 0x2d, 0xff]) {
        for (let length = 0; length <= 20; length++) {
          const peer = serverIn(state);
          peer.send(frame(type, flags, states[state], Buffer.alloc(length)));
          const { frame: kind, code } = errorOf(peer.take());
          const what = `type ${type}, flags ${flags}, ${state}, length ${length}`;
          assert.equal(kind === "goaway" ? code : undefined, expected(type, flags, state, length), what);
        }
      }
    }
  }
});

const beyond = [
  ["a frame above 16384 bytes", () => frame(FrameType.data, 0, 1, Buffer.alloc(16_385)), frameSizeError],
  ["padding that fills DATA", () => frame(FrameType.data, Flag.padded, 1, Buffer.from([3, 0, 0])), protocolError],
  [
    "padding beyond HEADERS",
    () => frame(FrameType.headers, Flag.padded | Flag.endHeaders, 3, Buffer.from([1])),
    protocolError,
  ],
  [
    "a stream that depends on itself",
    () => frame(FrameType.priority, 0, 3, Buffer.from([0, 0, 0, 3, 0])),
    protocolError,
  ],
  [
    "a window above 2147483647",
    () => frame(FrameType.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    flowControlError,
  ],
  [
    "a stream's window above 2147483647",
    () => frame(FrameType.windowUpdate, 0, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    flowControlError,
  ],
  ["ENABLE_PUSH of 2", () => frame(FrameType.settings, 0, 0, Buffer.from([0, 2, 0, 0, 0, 2])), protocolError],
  ["MAX_FRAME_SIZE of 1", () => frame(FrameType.settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1])), protocolError],
  [
    "INITIAL_WINDOW_SIZE of 2147483648",
    () => frame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0x80, 0, 0, 0])),
    flowControlError,
  ],
  ["33 settings", () => frame(FrameType.settings, 0, 0, Buffer.alloc(33 * 6)), ErrorCode.enhanceYourCalm],
  ["a second acknowledgement of SETTINGS", () => frame(FrameType.settings, Flag.ack, 0), protocolError],
] as const;

for (const [what, bytes, code] of beyond) {
  test(`The connection ends at ${what}`, () => {
    const peer = serverIn("open");
    peer.send(bytes());
    assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code });
    assert.ok(peer.isEnded);
  });
}

test("A stream whose window overflows is reset before the connection ends", () => {
  const peer = serverIn("open");
  peer.send(peer.widen(1, 0x7fff_ffff));
  assert.deepEqual(
    peer.take().map(({ type }) => type),
    [FrameType.reset, FrameType.goaway],
  );
});

test("The first frame must be SETTINGS, and the first bytes the preface", () => {
  for (const first of [frame(FrameType.ping, 0, 0, Buffer.alloc(8)), frame(FrameType.settings, Flag.ack, 0)]) {
    const peer = new Peer(false, {});
    peer.send(first);
    assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: protocolError });
  }
  const peer = new Peer(true, {});
  peer.send(Buffer.from("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
  assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: protocolError });
});

test("Nothing but CONTINUATION of the same stream may follow an open header block", () => {
  for (const next of [
    frame(FrameType.ping, 0, 0, Buffer.alloc(8)),
    frame(FrameType.continuation, Flag.endHeaders, 5),
    frame(0x42, 0, 0),
  ]) {
    const peer = serverIn("idle");
    peer.send(frame(FrameType.headers, 0, 3), next);
    assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: protocolError });
  }
});

test("Header blocks are bounded in frames and bytes, and none of their frames is empty", () => {
  const begin = frame(FrameType.headers, 0, 3, Buffer.alloc(10));
  const full = frame(FrameType.continuation, 0, 3, Buffer.alloc(16_384));
  const one = frame(FrameType.continuation, 0, 3, Buffer.alloc(1));
  for (const frames of [
    [begin, full, full],
    [begin, ...Array.from({ length: 9 }, () => one)],
    [begin, frame(FrameType.continuation, 0, 3)],
  ]) {
    const peer = serverIn("idle");
    peer.send(...frames);
    assert.deepEqual(errorOf(peer.take()), { frame: "goaway", code: ErrorCode.enhanceYourCalm });
  }
});
