/** What is known of a stream id, RFC 9113 section 5.1. Half-closed (local) takes what open takes. */
export const StreamState = {
  idle: 0,
  open: 1,
  /** Its peer has ended it. */
  halfClosedRemote: 2,
  /** We have reset it: frames of the peer may still be under way. */
  resetByUs: 3,
  /** Both have ended it, or the peer has reset it. */
  ended: 4,
  /** Closed too long ago to know how. */
  forgotten: 5,
} as const;

/** Frames whose fate depends on a stream's state. */
export const StreamFrame = { data: 0, headers: 1, reset: 2, windowUpdate: 3 } as const;

/** What is to be done with such a frame. */
export const Verdict = {
  accept: 0,
  /** HEADERS that begin a stream. */
  open: 1,
  /** Decoded and counted, for the sake of HPACK and windows, and dropped. */
  discard: 2,
  ignore: 3,
  /** Ends the connection. */
  streamClosed: 4,
  protocolError: 5,
} as const;

const { accept, open, discard, ignore, streamClosed, protocolError } = Verdict;

/** By state, then by frame. A late HEADERS on a forgotten stream is the client's own doing where we are the server. */
const verdicts: readonly (readonly number[])[] = [
  /* idle */ [protocolError, open, protocolError, protocolError],
  /* open */ [accept, accept, accept, accept],
  /* halfClosedRemote */ [streamClosed, streamClosed, accept, accept],
  /* resetByUs */ [discard, discard, ignore, ignore],
  /* ended */ [streamClosed, streamClosed, ignore, ignore],
  /* forgotten */ [discard, protocolError, ignore, ignore],
];

/** One of `Verdict` for a frame (one of `StreamFrame`) on a stream in a state (one of `StreamState`). */
export function verdictOn(state: number, frame: number): number {
  return verdicts[state]?.[frame] ?? protocolError;
}
