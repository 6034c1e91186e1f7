import type { FrameHandler } from "./frame-handler.ts";
import { ConnectionError, ErrorCode, Flag, FrameType } from "./frames.ts";
import type { HeaderBlock } from "./header-block.ts";

/**
 * Parses a whole payload of a frame other than DATA, from `at` to `end`, whose head has passed `checkFrameHead`. Header
 * blocks that go on in CONTINUATION are kept in `block`.
 */
export function readPayload(
  handler: FrameHandler,
  block: HeaderBlock,
  type: number,
  flags: number,
  id: number,
  bytes: Buffer,
  at: number,
  end: number,
): void {
  switch (type) {
    case FrameType.headers:
      readHeaders(handler, block, flags, id, bytes, at, end);
      break;
    case FrameType.continuation:
      readContinuation(handler, block, flags, bytes.subarray(at, end));
      break;
    case FrameType.windowUpdate:
      handler.windowUpdate(id, bytes.readUInt32BE(at) & 0x7fff_ffff);
      break;
    case FrameType.reset:
      handler.reset(id, bytes.readUInt32BE(at));
      break;
    case FrameType.settings:
      if ((flags & Flag.ack) !== 0) handler.settingsAcknowledged();
      else handler.settings(bytes.subarray(at, end));
      break;
    case FrameType.ping:
      handler.ping(bytes.subarray(at, end), (flags & Flag.ack) !== 0);
      break;
    case FrameType.goaway:
      handler.goaway(bytes.readUInt32BE(at) & 0x7fff_ffff, bytes.readUInt32BE(at + 4), bytes.subarray(at + 8, end));
      break;
    case FrameType.priority:
      checkDependency(bytes.readUInt32BE(at), id);
      handler.priority();
      break;
  }
}

/** RFC 9113 section 6.2. */
function readHeaders(
  handler: FrameHandler,
  block: HeaderBlock,
  flags: number,
  id: number,
  bytes: Buffer,
  at: number,
  end: number,
): void {
  let padding = 0;
  if ((flags & Flag.padded) !== 0) padding = bytes[at++] ?? 0;
  if ((flags & Flag.priority) !== 0) {
    checkDependency(bytes.readUInt32BE(at), id);
    at += 5;
  }
  if (padding > end - at) {
    throw new ConnectionError(ErrorCode.protocolError, `padding of ${padding} bytes exceeds its HEADERS frame`);
  }
  const fragment = bytes.subarray(at, end - padding);
  const endStream = (flags & Flag.endStream) !== 0;
  if ((flags & Flag.endHeaders) !== 0) handler.headers(id, fragment, endStream);
  else block.begin(id, endStream, fragment);
}

function readContinuation(handler: FrameHandler, block: HeaderBlock, flags: number, fragment: Buffer): void {
  const isLast = (flags & Flag.endHeaders) !== 0;
  block.add(fragment, isLast);
  if (!isLast) return;
  const { id, endStream } = block;
  handler.headers(id, block.take(), endStream);
}

/** RFC 7540 section 5.3.1; the priorities themselves are gone (RFC 9113 section 5.3). */
function checkDependency(dependency: number, id: number): void {
  if ((dependency & 0x7fff_ffff) === id) {
    throw new ConnectionError(ErrorCode.protocolError, `stream ${id} depends on itself`);
  }
}
