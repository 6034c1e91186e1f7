import { constants, type ServerHttp2Stream } from "node:http2";

/** How long a client may go on sending after its answer before the stream is reset with NO_ERROR (RFC 9113 section 8.1). */
const drainMs = 200;

/**
 * How long an early answer waits for a body of a stated length. connect-go ends its body short once it has an answer's
 * headers, and nghttp2 resets a stream of another length than stated with PROTOCOL_ERROR (RFC 9113 section 8.1.1).
 */
export const statedBodyMs = 1000;

/** What of a reply is to be sent once its request is there, or the time is up. */
export class HeldReply {
  readonly #sends: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  /** Calls `timedOut` when the time is up, unless it is released before. */
  constructor(timedOut: () => void) {
    this.#timer = setTimeout(timedOut, statedBodyMs).unref();
  }

  add(send: () => void): void {
    this.#sends.push(send);
  }

  /** Sends all of it, in its order, or nothing where nobody is left to send it to. */
  release(sends: boolean): void {
    clearTimeout(this.#timer);
    if (sends) for (const send of this.#sends) send();
  }
}

/** Ends a request that outlives its answer. Not before that is out: a stream that is closed takes no trailers any more. */
export function endRequestLater(stream: ServerHttp2Stream, hasTrailers: boolean): void {
  stream.once(hasTrailers ? "wantTrailers" : "finish", () => {
    setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), drainMs).unref();
  });
}
