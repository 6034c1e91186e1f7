import { Inflow } from "./inflow.ts";
import type { RequestHead } from "./request-head.ts";
import { SendQueue } from "./send-queue.ts";
import { SendWindow } from "./send-window.ts";
import type { Sender } from "./sender.ts";
import type { StreamContext } from "./stream-context.ts";
import type { UnsentStream } from "./unsent.ts";

/** `write` returns false from so many queued bytes on; below half of them the stream is drained. */
const highWater = 65_536;

/** A head that has to wait: for the peer's limit of streams, or for the request's end. */
interface HeldHead {
  readonly fields: readonly string[];
  readonly more: readonly string[] | undefined;
}

/** A stream's sending side, beside its receiving one: its heads, and its body as far as windows and the socket let it. */
export abstract class Outflow extends Inflow implements Sender {
  /** The request, on the server's side. */
  readonly request: RequestHead | undefined;
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

  constructor(connection: StreamContext, id: number, request?: RequestHead) {
    super(connection, id);
    this.request = request;
    this.sendWindow = new SendWindow(connection.peer.initialWindow);
  }

  /** Whether a final head went out, or waits to. */
  get headSent(): boolean {
    return this.#headSent;
  }

  /** Sends an informational head, 100 to 199 but 101. */
  inform(fields: readonly string[]): void {
    if (this.isClosed || this.#headSent) return;
    this.connection.outbound.head(this, fields, undefined, false);
  }

  /** Sends the head of a request or a response, or keeps it until `letGo`. With `end` it is all of it. */
  protected sendHead(fields: readonly string[], more: readonly string[] | undefined, end: boolean): void {
    this.#headSent = true;
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
  abstract ended(): void;

  /** Engine: breaks the stream off for a reason that its user is told. */
  abstract fail(code: number, message: string | undefined): void;

  /** Engine: nothing more is sent; lets go of memory. */
  protected closeOutflow(): void {
    if (this.queue !== undefined) this.connection.outbound.dropped(this, this.queue.length);
    this.queue = undefined;
  }
}
