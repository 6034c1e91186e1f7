import { ErrorCode, errorName } from "./frames.ts";
import type { Trailers } from "./message-fields.ts";
import type { ResponseHead } from "./response-head.ts";

/** Is told what happens on a stream. `closed` comes once, last, and on every stream whose events somebody holds. */
export interface StreamEvents {
  /** Client only: a response's head; 1xx ones first, as often as they come. */
  responded?(head: ResponseHead): void;
  /** A part of the body. The bytes are the listener's; keeping a small part keeps the read alive that it came in. */
  data(chunk: Buffer): void;
  /** The body is complete. Not called on a stream that is broken off. */
  ended(trailers: Trailers | undefined): void;
  /** There is room again after `write` returned false. */
  drained(): void;
  /** Nothing comes and nothing goes any more. */
  closed(end: StreamEnd): void;
}

/**
 * How a stream ended: both sides are `finished`, the `peer` or we (`self`) have reset it, or the `connection` has ended
 * under it.
 */
export interface StreamEnd {
  readonly by: "finished" | "peer" | "self" | "connection";
  /** One of `ErrorCode`. */
  readonly code: number;
  /** Whether the peer has done nothing with the request, so that it may be sent again (RFC 9113 section 8.7). */
  readonly unprocessed: boolean;
  readonly message: string;
}

/** The end of most streams. */
export const finished: StreamEnd = Object.freeze({
  by: "finished",
  code: ErrorCode.noError,
  unprocessed: false,
  message: "finished",
});

/** By a frame of the peer. */
export function resetByPeer(code: number): StreamEnd {
  const unprocessed = code === ErrorCode.refusedStream;
  return { by: "peer", code, unprocessed, message: `reset by the peer with ${errorName(code)}` };
}

/** By us; `message` says why where it was not asked for by the stream's user. */
export function resetBySelf(code: number, message = `reset with ${errorName(code)}`): StreamEnd {
  return { by: "self", code, unprocessed: false, message };
}

/** By the connection's end. */
export function connectionEnd(code: number, message: string, unprocessed: boolean): StreamEnd {
  return { by: "connection", code, unprocessed, message };
}
