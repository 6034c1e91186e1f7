import type { Http1Stream } from "./stream.ts";

/** What a client may still send of a request that has its response: see `Exchange`. */
const maxDrainBytes = 8 * 1024 * 1024;

/** The body of the request that a connection serves: what of it is still to come, and what is done with what comes. */
export class IncomingBody {
  #remaining = 0;
  #isTold = false;
  /** Bytes that came after the response. */
  #dropped = 0;

  /** A request begins, with a body of so many bytes. */
  begin(length: number): void {
    this.#remaining = length;
    this.#isTold = false;
    this.#dropped = 0;
  }

  /** Bytes that are still to come. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Whether the stream was told that all of it is there. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** Whether more came after the response than a client may send. */
  get isTooLong(): boolean {
    return this.#dropped > maxDrainBytes;
  }

  /** Gives the stream its part of the bytes, which is dropped once the response is complete. Returns what is behind it. */
  read(stream: Http1Stream, bytes: Buffer): Buffer | undefined {
    const length = Math.min(this.#remaining, bytes.length);
    this.#remaining -= length;
    if (stream.isEnded) this.#dropped += length;
    else stream.received(length === bytes.length ? bytes : bytes.subarray(0, length));
    return length === bytes.length ? undefined : bytes.subarray(length);
  }

  /** Tells the stream that all of it is there. */
  tellEnd(stream: Http1Stream): void {
    this.#isTold = true;
    stream.receivedAll();
  }
}
