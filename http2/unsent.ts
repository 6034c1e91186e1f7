import { ErrorCode } from "./frames.ts";

/** Bytes of bodies that may wait in a server's memory for peers that do not read. */
const maxUnsentBytes = 64 * 1024 * 1024;

/** A stream with something to send, as those see it who bound how much of that there is. */
export interface UnsentStream {
  /** Its neighbours in the order of progress. */
  moreStalled: UnsentStream | undefined;
  lessStalled: UnsentStream | undefined;
  /** Bytes that are counted. */
  unsent: number;
  fail(code: number, message: string): void;
}

/**
 * What the streams of all connections have to send and could not yet, the one without progress for longest first. That one
 * is reset while all of them have more than they may: whoever reads goes on, however much others do not.
 */
export class Unsent {
  readonly #limit: number;
  #bytes = 0;
  #first: UnsentStream | undefined = undefined;
  #last: UnsentStream | undefined = undefined;

  /** `limit` in bytes; defaults to 64 MiB. */
  constructor(limit = maxUnsentBytes) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A stream has queued more. */
  queued(stream: UnsentStream, bytes: number): void {
    if (stream.unsent === 0) this.#append(stream);
    stream.unsent += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#limit && this.#first !== undefined) {
      const first = this.#first;
      first.fail(ErrorCode.enhanceYourCalm, "too much is not read");
      // A stream that is closed already has nothing queued.
      if (this.#first === first) this.sent(first, first.unsent);
    }
  }

  /** Some of it went out, or never will. */
  sent(stream: UnsentStream, bytes: number): void {
    this.#bytes -= bytes;
    stream.unsent -= bytes;
    this.#unlink(stream);
    if (stream.unsent > 0) this.#append(stream);
  }

  #append(stream: UnsentStream): void {
    stream.moreStalled = this.#last;
    if (this.#last === undefined) this.#first = stream;
    else this.#last.lessStalled = stream;
    this.#last = stream;
  }

  #unlink(stream: UnsentStream): void {
    const { moreStalled, lessStalled } = stream;
    if (moreStalled === undefined) this.#first = lessStalled;
    else moreStalled.lessStalled = lessStalled;
    if (lessStalled === undefined) this.#last = moreStalled;
    else lessStalled.moreStalled = moreStalled;
    stream.moreStalled = undefined;
    stream.lessStalled = undefined;
  }
}

/** Of all servers of the process. */
export const processUnsent = new Unsent();
