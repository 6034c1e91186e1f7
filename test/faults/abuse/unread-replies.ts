import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { callFields, endHeaders, endStream, frame, hello, literal, types } from "../../support/frames.ts";
import type { Attack } from "./attack.ts";
import { acknowledge, swarm } from "./swarm.ts";

/** Connections, and streams of each: as many as its first window has room for. */
const connections = 10;
const streams = 15;

/** A greeting of nearly 4 MiB, which the reply repeats, in 4 KB. */
const name = Buffer.alloc(4 * 1024 * 1024 - 100, "a");
const message = gzipSync(Buffer.concat([Buffer.from([0x0a, 0x9c, 0xff, 0xff, 0x01]), name]));
const envelope = Buffer.concat([Buffer.from([1, 0, 0, message.length >> 8, message.length & 255]), message]);

/** Calls on streams whose windows are never opened: the replies are the server's to keep. */
export const unreadReplies: Attack = {
  name: "unread replies",
  limits: { replyStallMs: 3000, idleTimeoutMs: 10_000, keepaliveIntervalMs: 1000 },
  settings: { INFLATE_LIMIT: "off" },
  async run(port) {
    const call = Buffer.concat([
      callFields("/greeter.Greeter/SayHello"),
      literal("grpc-encoding", "gzip"),
      literal("grpc-accept-encoding", "identity"),
    ]);
    // SETTINGS_INITIAL_WINDOW_SIZE of nothing (RFC 9113 section 6.5.2), so that not a byte of a reply can be sent.
    const closed = frame(types.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
    return [
      await swarm("unread replies", port, connections, socket => {
        acknowledge(socket);
        socket.write(Buffer.concat([hello, closed]));
        for (let stream = 1; stream < 2 * streams; stream += 2) {
          socket.write(frame(types.headers, endHeaders, stream, call));
          socket.write(frame(types.data, endStream, stream, envelope));
        }
      }),
    ];
  },
  check(cuts) {
    // The first is the engine's word, the others are those of the lane on node:http2.
    const {
      "what was sent is not read": unread = 0,
      "stalled reply": stalled = 0,
      "unsent replies": unsent = 0,
    } = cuts;
    assert.ok(unread + stalled + unsent > 0, JSON.stringify(cuts));
  },
};
