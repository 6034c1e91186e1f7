import { ConnectionError, ErrorCode, Flag, FrameType } from "./frames.ts";

/**
 * The rules of a frame's head that need no state: which stream it may name and how long it may be. Throws a
 * `ConnectionError`. RFC 9113 allows to end the connection where it asks for a stream's end alone (section 5.4.1).
 */
export function checkFrameHead(type: number, flags: number, id: number, length: number): void {
  switch (type) {
    // Section 6.1.
    case FrameType.data:
      needsStream("DATA", id);
      if ((flags & Flag.padded) !== 0) needsBytes("padded DATA", 1, length);
      break;
    // Section 6.2.
    case FrameType.headers:
      needsStream("HEADERS", id);
      needsBytes("HEADERS", ((flags & Flag.padded) !== 0 ? 1 : 0) + ((flags & Flag.priority) !== 0 ? 5 : 0), length);
      break;
    // Section 6.3.
    case FrameType.priority:
      needsStream("PRIORITY", id);
      needsLength("PRIORITY", 5, length);
      break;
    // Section 6.4.
    case FrameType.reset:
      needsStream("RST_STREAM", id);
      needsLength("RST_STREAM", 4, length);
      break;
    // Section 6.5.
    case FrameType.settings:
      needsConnection("SETTINGS", id);
      if ((flags & Flag.ack) !== 0) needsLength("SETTINGS with ACK", 0, length);
      else if (length % 6 !== 0) throw wrongLength("SETTINGS", "a multiple of 6", length);
      break;
    // Section 6.6: a client may not push, and ours does not let servers push.
    case FrameType.pushPromise:
      throw new ConnectionError(ErrorCode.protocolError, "PUSH_PROMISE is not allowed");
    // Section 6.7.
    case FrameType.ping:
      needsConnection("PING", id);
      needsLength("PING", 8, length);
      break;
    // Section 6.8.
    case FrameType.goaway:
      needsConnection("GOAWAY", id);
      needsBytes("GOAWAY", 8, length);
      break;
    // Section 6.9.
    case FrameType.windowUpdate:
      needsLength("WINDOW_UPDATE", 4, length);
      break;
    // Section 6.10; that a block is open is the header block's rule.
    case FrameType.continuation:
      needsStream("CONTINUATION", id);
      break;
  }
}

function needsStream(name: string, id: number): void {
  if (id === 0) throw new ConnectionError(ErrorCode.protocolError, `${name} names no stream`);
}

function needsConnection(name: string, id: number): void {
  if (id !== 0) throw new ConnectionError(ErrorCode.protocolError, `${name} names stream ${id}`);
}

function needsLength(name: string, expected: number, length: number): void {
  if (length !== expected) throw wrongLength(name, String(expected), length);
}

function needsBytes(name: string, least: number, length: number): void {
  if (length < least) throw wrongLength(name, `at least ${least}`, length);
}

function wrongLength(name: string, expected: string, length: number): ConnectionError {
  return new ConnectionError(ErrorCode.frameSizeError, `the length of ${name} is ${length}, not ${expected}`);
}
