import { ErrorCode } from "../../http2/frames.ts";
import type { RequestHead } from "../../http2/request-head.ts";
import { connectionEnd, finished, resetBySelf, type StreamEnd, type StreamEvents } from "../../http2/stream-events.ts";
import type { ServerStream } from "../lanes/server-stream.ts";
import { chunkParts, dateLine, fieldLines, mayHaveBody, responseLines, withBody } from "./response-head.ts";

/** A connection as its requests see it. */
export interface StreamContext {
  /** The lines of `connection` and `keep-alive`. */
  connectionLines(): string;
  /** Writes parts of a response: at once with `now`, or at the end of the turn. Returns false where it fills up. */
  write(parts: readonly (string | Uint8Array)[], now: boolean): boolean;
  /** The body may be read again. */
  readBody(): void;
  limitBody(ms: number): void;
  /** Whether nothing of the body is still to come. */
  readonly hasWholeBody: boolean;
  /** The response is complete. */
  replied(): void;
  /** Cuts the connection: there is no other way to break a response off. */
  destroy(): void;
}

/**
 * A request and its response over HTTP/1.1, with the face of an HTTP/2 stream. Field lists are name, value, name, value…,
 * `:status` first, all checked by the caller. On a stream that is closed every method does nothing.
 */
export class Http1Stream implements ServerStream {
  readonly request: RequestHead;
  readonly #context: StreamContext;
  #events: StreamEvents | undefined;
  /** The response's first lines, until it is known how its body is framed. */
  #lines: string | undefined;
  #headSent = false;
  #hasBody = true;
  #isReading = false;
  #readEnded = false;
  #isEnded = false;
  #wantsRoom = false;
  #end: StreamEnd | undefined;

  constructor(request: RequestHead, context: StreamContext) {
    this.request = request;
    this.#context = context;
  }

  /** Whether a final head went out, or waits for the body's first part. */
  get headSent(): boolean {
    return this.#headSent;
  }

  get readEnded(): boolean {
    return this.#readEnded;
  }

  /** Whether the response is complete. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /** Connection: whether the body is wanted, be it to be dropped. */
  get isReading(): boolean {
    return this.#isReading || this.#isEnded;
  }

  /** Has `events` told from now on; the body only after `resume`. Told at once of an end that was before. */
  listen(events: StreamEvents): void {
    this.#events = events;
    if (this.#end !== undefined) events.closed(this.#end);
  }

  /** Starts to read the body, or goes on after `pause`. */
  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#context.readBody();
  }

  pause(): void {
    this.#isReading = false;
  }

  /** Windows, informational heads and the count of what runs are HTTP/2's: here one request is served at a time. */
  want(): void {}
  retain(): boolean {
    return true;
  }
  release(): void {}
  inform(): void {}
  settled(): void {}

  /** Whether nothing of the body is still to come: most bodies come with their heads. */
  get hasWholeBody(): boolean {
    return this.#context.hasWholeBody;
  }

  /** Gives the body so many milliseconds to be complete, or the request is refused with 408. */
  limitBody(ms: number): void {
    this.#context.limitBody(ms);
  }

  /**
   * Sends the response's head: `fields`, then `more`. It goes out with the body's first part, or by an empty one. With `end`
   * it is all of the response.
   */
  respond(fields: readonly string[], more?: readonly string[], end = false): void {
    if (this.#end !== undefined || this.#headSent) return;
    this.#headSent = true;
    this.#hasBody = mayHaveBody(fields[1] as string);
    this.#lines = responseLines(fields) + (more === undefined ? "" : fieldLines(more));
    if (end) this.end();
  }

  /** Sends a part of the body. Returns false where `drained` is to be awaited. */
  write(chunk: Uint8Array): boolean {
    if (this.#end !== undefined || this.#isEnded || !this.#headSent) return true;
    const head = this.#lines;
    if (head !== undefined) {
      this.#lines = undefined;
      this.#context.write([`${this.#headText(head)}transfer-encoding: chunked\r\n\r\n`], false);
    }
    const hasRoom = chunk.length === 0 || this.#context.write(chunkParts(chunk, false), false);
    this.#wantsRoom ||= !hasRoom;
    return hasRoom;
  }

  /** Ends the response, with a last part of the body; one that is all of it is sent with its length, at once. */
  end(chunk: Uint8Array = noBytes): void {
    if (this.#end !== undefined || this.#isEnded || !this.#headSent) return;
    this.#isEnded = true;
    const head = this.#lines;
    if (head === undefined) this.#context.write(chunkParts(chunk, true), false);
    else {
      this.#lines = undefined;
      const length = this.#hasBody ? `content-length: ${chunk.length}\r\n` : "";
      this.#context.write(withBody(`${this.#headText(head)}${length}\r\n`, chunk), true);
    }
    this.#context.replied();
  }

  /** Breaks the exchange off; the code is of HTTP/2 alone. */
  reset(code: number = ErrorCode.cancel): void {
    if (this.#end !== undefined) return;
    this.#close(resetBySelf(code));
    this.#context.destroy();
  }

  /** Connection: a part of the body. */
  received(chunk: Buffer): void {
    if (!this.#isEnded) this.#events?.data(chunk);
  }

  /** Connection: the body is complete. */
  receivedAll(): void {
    this.#readEnded = true;
    if (!this.#isEnded) this.#events?.ended(undefined);
  }

  /** Connection: there is room again. */
  drained(): void {
    if (!this.#wantsRoom) return;
    this.#wantsRoom = false;
    this.#events?.drained();
  }

  /** Connection: both sides are complete. */
  finish(): void {
    this.#close(finished);
  }

  /** Connection: it is gone. */
  lost(): void {
    this.#close(connectionEnd(ErrorCode.cancel, "the client has closed its connection", false));
  }

  #close(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#events?.closed(end);
  }

  #headText(lines: string): string {
    return lines + dateLine() + this.#context.connectionLines();
  }
}

const noBytes = new Uint8Array();
