import { EarlyReply, isSoonRead, type Replying } from "./early-reply.ts";
import { ErrorCode } from "./frames.ts";
import { Inflow } from "./inflow.ts";
import type { RequestHead } from "./request-head.ts";
import { SendQueue } from "./send-queue.ts";
import { SendWindow } from "./send-window.ts";
import type { Sender } from "./sender.ts";
import type { StreamContext } from "./stream-context.ts";
import { finished, resetBySelf, type StreamEnd, type StreamEvents } from "./stream-events.ts";
import type { UnsentStream } from "./unsent.ts";

/** `write` returns false from so many queued bytes on; below half of them the stream is drained. */
const highWater = 65_536;

/** A head that has to wait: for the peer's limit of streams, or for the request's end. */
interface HeldHead {
  readonly fields: readonly string[];
  readonly more: readonly string[] | undefined;
}

/**
 * A request and its response, on either side (RFC 9113 section 8.1). Field lists are name, value, name, value…, names in
 * lower case, pseudo-headers first, all checked by the caller; frozen lists that are used again cost the encoder least.
 * On a stream that is closed every method does nothing.
 */
export class Stream extends Inflow implements Sender, Replying {
  /** The request, on the server's side. */
  readonly request: RequestHead | undefined;
  /** Client only: whether a final head has come, and whether the response to it has no body whatever it states. */
  hasResponse = false;
  isHeadRequest = false;
  /** What the peer lets us send. */
  readonly sendWindow: SendWindow;
  /** Engine: the scheduler's. */
  isScheduled = false;
  nextScheduled: Sender | undefined = undefined;
  queue: SendQueue | undefined = undefined;
  /** Engine: the account's of what is not sent. */
  moreStalled: UnsentStream | undefined = undefined;
  lessStalled: UnsentStream | undefined = undefined;
  unsent = 0;
  /** Whether our side is ended by its user, and whether END_STREAM is out. */
  isEnding = false;
  writeEnded = false;
  trailers: readonly string[] | undefined = undefined;
  /** Engine: whether head and body have to wait. */
  isHeld = false;
  #headSent = false;
  #heldHead: HeldHead | undefined = undefined;
  #wantsRoom = false;
  #early: EarlyReply | undefined = undefined;
  /** Server: whether the request is yet to be given to whoever serves it. */
  isWaiting = false;
  #isStarted = false;
  /** The end of a closed stream whose reply is not read yet. */
  #untoldEnd: StreamEnd | undefined = undefined;

  constructor(connection: StreamContext, id: number, request?: RequestHead) {
    super(connection, id);
    this.request = request;
    this.sendWindow = new SendWindow(connection.peer.initialWindow);
  }

  /** Whether a final head went out, or waits to. */
  get headSent(): boolean {
    return this.#headSent;
  }

  /** Whether bytes, or END_STREAM, wait for windows or the socket. */
  get hasQueued(): boolean {
    return this.queue !== undefined || (this.isEnding && !this.writeEnded);
  }

  /** Has `events` told from now on; the body only after `resume`. */
  listen(events: StreamEvents): void {
    this.events = events;
  }

  /** Sends an informational head, 100 to 199 but 101. */
  inform(fields: readonly string[]): void {
    if (this.isClosed || this.#headSent) return;
    this.connection.outbound.head(this, fields, undefined, false);
  }

  /** Sends the response's head: `fields`, then `more`. With `end` it is all of the response. */
  respond(fields: readonly string[], more?: readonly string[], end = false): void {
    if (this.isClosed || this.#headSent) return;
    this.#headSent = true;
    if (!this.readEnded && this.request !== undefined && isSoonRead(this.statedLength)) {
      this.#early ??= new EarlyReply(this, this.connection.clock);
      this.#early.hold();
    }
    this.#sendHead(fields, more, end);
  }

  /** Engine, client: sends the request's head, or keeps it until `letGo`. */
  sendRequest(fields: readonly string[], more: readonly string[] | undefined, end: boolean, held: boolean): void {
    this.#headSent = true;
    this.isHeld = held;
    this.#sendHead(fields, more, end);
  }

  #sendHead(fields: readonly string[], more: readonly string[] | undefined, end: boolean): void {
    if (end) {
      this.isEnding = true;
      this.#endRequestOfReply();
    }
    if (this.isHeld) this.#heldHead = { fields, more };
    else this.connection.outbound.head(this, fields, more, end);
  }

  /** Sends a part of the body, which must not change until it is sent. Returns false where `drained` is to be awaited. */
  write(chunk: Uint8Array): boolean {
    if (this.isClosed || this.isEnding) return true;
    if (chunk.length > 0) this.#send(chunk);
    if (this.queue === undefined || this.queue.length <= highWater) return true;
    this.#wantsRoom = true;
    return false;
  }

  /** Ends our side, with a last part of the body and with trailers where there are any. */
  end(chunk?: Uint8Array, trailers?: readonly string[]): void {
    if (this.isClosed || this.isEnding) return;
    this.isEnding = true;
    this.trailers = trailers;
    this.#endRequestOfReply();
    if (chunk !== undefined && chunk.length > 0) this.#send(chunk);
    if (this.queue === undefined && !this.writeEnded) this.#finish();
  }

  /** Of a request that is not complete when its reply is, the rest is dropped. */
  #endRequestOfReply(): void {
    if (this.request !== undefined && !this.readEnded) this.discard();
  }

  #send(chunk: Uint8Array): void {
    const { outbound } = this.connection;
    let sent = 0;
    if (this.queue === undefined && !this.isHeld) {
      sent = outbound.sendNow(this, chunk, this.isEnding && this.trailers === undefined);
      if (sent === chunk.length) return;
    }
    if (this.queue === undefined) {
      this.queue = new SendQueue();
      this.progressAt = this.connection.clock.now();
    }
    this.queue.push(sent === 0 ? chunk : chunk.subarray(sent));
    outbound.queued(this, chunk.length - sent);
  }

  #finish(): void {
    if (this.isHeld) return;
    this.connection.outbound.finish(this);
  }

  /** Engine: has what is sent from now on wait until `letGo`. */
  hold(): void {
    this.isHeld = true;
  }

  /** Engine: sends what was held. */
  letGo(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    const head = this.#heldHead;
    this.#heldHead = undefined;
    if (this.isClosed) return;
    const { outbound } = this.connection;
    const isAll = this.isEnding && this.queue === undefined && this.trailers === undefined;
    if (head !== undefined) outbound.head(this, head.fields, head.more, isAll);
    if (this.isClosed || this.writeEnded) return;
    if (this.queue !== undefined) outbound.schedule(this);
    else if (this.isEnding) outbound.finish(this);
  }

  /** Engine: some of the queue went out. */
  moved(): void {
    this.progressAt = this.connection.clock.now();
    if (this.queue !== undefined && this.queue.length === 0) this.queue = undefined;
    if (!this.#wantsRoom || this.isEnding) return;
    if (this.queue !== undefined && this.queue.length >= highWater / 2) return;
    this.#wantsRoom = false;
    this.events?.drained();
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
    if (this.queue !== undefined) this.connection.outbound.dropped(this, this.queue.length);
    this.queue = undefined;
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
