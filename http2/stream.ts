import { EarlyReply, isSoonRead, type Replying } from "./early-reply.ts";
import { ErrorCode } from "./frames.ts";
import { Outflow } from "./outflow.ts";
import { finished, resetBySelf, type StreamEnd, type StreamEvents } from "./stream-events.ts";

/**
 * A request and its response, on either side (RFC 9113 section 8.1). Field lists are name, value, name, value…, names in
 * lower case, pseudo-headers first, all checked by the caller; frozen lists that are used again cost the encoder least.
 * On a stream that is closed every method does nothing.
 */
export class Stream extends Outflow implements Replying {
  /** Client only: whether a final head has come, and whether the response to it has no body whatever it states. */
  hasResponse = false;
  isHeadRequest = false;
  #early: EarlyReply | undefined = undefined;
  /** Server: whether the request is yet to be given to whoever serves it. */
  isWaiting = false;
  #isStarted = false;
  /** The end of a closed stream whose reply is not read yet. */
  #untoldEnd: StreamEnd | undefined = undefined;

  /** Has `events` told from now on; the body only after `resume`. */
  listen(events: StreamEvents): void {
    this.events = events;
  }

  /** Sends the response's head: `fields`, then `more`. With `end` it is all of the response. */
  respond(fields: readonly string[], more?: readonly string[], end = false): void {
    if (this.isClosed || this.headSent) return;
    if (!this.readEnded && this.request !== undefined && isSoonRead(this.statedLength)) {
      this.#early ??= new EarlyReply(this, this.connection.clock);
      this.#early.hold();
    }
    this.sendHead(fields, more, end);
  }

  /** Engine, client: sends the request's head, or keeps it until `letGo`. */
  sendRequest(fields: readonly string[], more: readonly string[] | undefined, end: boolean, held: boolean): void {
    this.isHeld = held;
    this.sendHead(fields, more, end);
  }

  /** Engine: END_STREAM is out. */
  ended(): void {
    this.writeEnded = true;
    if (this.readEnded) {
      this.close(finished);
      return;
    }
    if (this.request === undefined) return;
    this.#early ??= new EarlyReply(this, this.connection.clock);
    this.#early.replied();
  }

  /** Engine: what still comes of a request is refused; its reply is out. */
  cut(): void {
    this.connection.outbound.reset(this.id, ErrorCode.noError);
    this.close(finished);
  }

  /** Engine: an early reply's time failed it. */
  caught(error: unknown): void {
    this.connection.caught(error);
  }

  /** Engine: the peer's END_STREAM came. */
  receivedAll(): void {
    this.#early?.requestEnded();
    if (this.isClosed) return;
    this.tellEnd();
    if (this.writeEnded) this.close(finished);
  }

  /** Breaks the stream off. `code` is one of `ErrorCode`, and defaults to CANCEL. */
  reset(code: number = ErrorCode.cancel): void {
    this.fail(code, undefined);
  }

  /** Engine: breaks the stream off for a reason that its user is told. */
  fail(code: number, message: string | undefined): void {
    if (this.isClosed) {
      if (this.#untoldEnd !== undefined) this.#tellClosed(resetBySelf(code, message));
      return;
    }
    if (this.id !== 0) this.connection.outbound.reset(this.id, code);
    this.close(resetBySelf(code, message));
  }

  /** Engine: the request is given to whoever serves it. */
  started(): void {
    this.isWaiting = false;
    this.#isStarted = true;
  }

  /** Server: what was done for the call is over. Until then it counts on the calls that run, even if it is reset. */
  settled(): void {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.connection.settled();
  }

  /**
   * Engine: forgets the stream and tells of its end. A reply that has come whole is told first, once it is read, whatever
   * ends its stream: to its reader it is as whole as any.
   */
  close(end: StreamEnd): void {
    if (this.isClosed) return;
    const isKept = this.request === undefined && end.by !== "self" && this.keepBody();
    this.isClosed = true;
    this.#early?.cancel();
    if (!isKept) this.closeInflow();
    this.closeOutflow();
    this.connection.streamClosed(this, end);
    if (isKept) this.#untoldEnd = end;
    else this.events?.closed(end);
  }

  override tellEnd(): void {
    super.tellEnd();
    if (this.#untoldEnd !== undefined && this.isEndTold) this.#tellClosed(this.#untoldEnd);
  }

  #tellClosed(end: StreamEnd): void {
    this.#untoldEnd = undefined;
    this.closeInflow();
    this.events?.closed(end);
  }
}
