import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import type { Trailers } from "../../http2/message-fields.ts";
import type { ResponseHead } from "../../http2/response-head.ts";
import type { Stream } from "../../http2/stream.ts";
import type { StreamEnd, StreamEvents } from "../../http2/stream-events.ts";
import { getAbortSignalReason } from "../../protocol/connect-internals.ts";
import type { CallLink } from "./connections/link.ts";
import { type CallLinks, sendWhenReady } from "./connections/link-source.ts";
import { errorOfEnd } from "./ends.ts";
import type { MethodPlan } from "./method-plan.ts";
import type { RequestHeadParts } from "./request-heads.ts";

/** What comes of a reply, once all of it is there. */
export interface UnaryReply {
  readonly header: Headers;
  readonly trailer: Headers;
  readonly message: Message;
}

/** A request as it is sent: its head, and its body where it has one. */
export interface FramedRequest {
  readonly parts: RequestHeadParts;
  readonly body: Uint8Array | undefined;
}

/**
 * A unary call on the wire, from its request to its reply. One object for each: it is what its stream tells, and what its
 * signal tells.
 */
export abstract class UnaryCall implements StreamEvents, EventListenerObject {
  protected readonly plan: MethodPlan;
  readonly #links: CallLinks;
  readonly #request: UnaryRequest;
  readonly #resolve: (response: UnaryResponse) => void;
  readonly #reject: (reason: ConnectError) => void;
  protected head: ResponseHead | undefined = undefined;
  readonly #startedAt = performance.now();
  #parts: RequestHeadParts;
  #body: Uint8Array | undefined = undefined;
  protected stream: Stream | undefined = undefined;
  #link: CallLink | undefined = undefined;
  /** Whether all of the reply is here, as HTTP/2 has it. */
  #isComplete = false;
  #isOver = false;
  #isRepeated = false;

  constructor(
    links: CallLinks,
    plan: MethodPlan,
    request: UnaryRequest,
    resolve: (response: UnaryResponse) => void,
    reject: (reason: ConnectError) => void,
  ) {
    this.#links = links;
    this.plan = plan;
    this.#request = request;
    this.#parts = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Makes the call. All its errors are told by its promise. */
  start(): void {
    const { signal } = this.#request;
    signal.addEventListener("abort", this);
    if (signal.aborted) {
      this.handleEvent();
      return;
    }
    try {
      const bytes = this.plan.serialize(this.#request.message);
      const compressed = this.plan.compress(bytes);
      if (compressed === undefined) this.#begin(bytes, false);
      else void this.#compress(compressed);
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Internal));
    }
  }

  async #compress(compressed: Uint8Array | Promise<Uint8Array>): Promise<void> {
    try {
      this.#begin(await compressed, true);
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Internal));
    }
  }

  #begin(bytes: Uint8Array, isCompressed: boolean): void {
    const { parts, body } = this.frame(this.#request, bytes, isCompressed);
    this.#parts = parts;
    this.#body = body;
    const link = this.#links.take();
    if (link === undefined) void this.#wait();
    else this.#send(link);
  }

  async #wait(): Promise<void> {
    try {
      await sendWhenReady(this.#links, this.#request.signal, link => this.#send(link));
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Canceled));
    }
  }

  #send(link: CallLink): void {
    if (this.#isOver) return;
    const body = this.#body;
    const stream = this.plan.heads.open(link, this.#parts, this, body === undefined);
    this.#link = link;
    this.stream = stream;
    stream.resume();
    if (body !== undefined) stream.end(body);
  }

  responded(head: ResponseHead): void {
    if (head.status < 200 || this.#isOver) return;
    this.head = head;
    if (head === this.plan.goodHead) return;
    try {
      this.judge(head);
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Internal));
    }
  }

  abstract data(chunk: Buffer): void;

  drained(): void {}

  ended(trailers: Trailers | undefined): void {
    if (this.#isOver) return;
    this.#isComplete = true;
    // What is left of the request is of no use to anybody.
    if (this.stream?.writeEnded === false) this.stream.reset();
    try {
      const reply = this.conclude(trailers);
      if (reply instanceof Promise) void this.#succeedLater(reply);
      else this.#succeed(reply);
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Internal));
    }
  }

  closed(end: StreamEnd): void {
    this.#link?.release();
    if (this.#isOver || this.#isComplete) return;
    // The server has not seen it: gRPC's transparent retry, gRFC A6.
    if (end.by === "connection" && end.unprocessed && !this.#isRepeated) {
      this.#isRepeated = true;
      void this.#wait();
      return;
    }
    const { header } = this.#request;
    const isAnswered = this.head !== undefined;
    this.fail(errorOfEnd(end, { isAnswered, plan: this.plan, header, startedAt: this.#startedAt }));
  }

  /** The signal: the call is not wanted any more, or out of time. */
  handleEvent(): void {
    this.fail(ConnectError.from(getAbortSignalReason(this.#request.signal), Code.Canceled));
  }

  /** Puts a message into a request of the protocol; a body that is undefined is none. */
  protected abstract frame(request: UnaryRequest, bytes: Uint8Array, isCompressed: boolean): FramedRequest;

  /** Looks whether the head of a reply is one of the protocol. Throws where it is not. */
  protected abstract judge(head: ResponseHead): void;

  /** Reads a reply that is complete as far as HTTP tells. Throws where it is not as the protocol tells, and what it tells. */
  protected abstract conclude(trailers: Trailers | undefined): UnaryReply | Promise<UnaryReply>;

  /** Ends the call with an error. */
  protected fail(error: ConnectError): void {
    if (this.#isOver) return;
    this.#over();
    this.#link?.judge(error.code);
    this.#reject(error);
    this.stream?.reset();
  }

  async #succeedLater(reply: Promise<UnaryReply>): Promise<void> {
    try {
      this.#succeed(await reply);
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Internal));
    }
  }

  #succeed({ header, trailer, message }: UnaryReply): void {
    if (this.#isOver) return;
    this.#over();
    this.#link?.judge(undefined);
    const { service, method } = this.#request;
    this.#resolve({ stream: false, service, method, header, trailer, message });
  }

  #over(): void {
    this.#isOver = true;
    this.#request.signal.removeEventListener("abort", this);
  }
}
