import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamRequest, type StreamResponse } from "@connectrpc/connect";
import type { Trailers } from "../../http2/message-fields.ts";
import type { ResponseHead } from "../../http2/response-head.ts";
import type { Stream } from "../../http2/stream.ts";
import type { StreamEnd, StreamEvents } from "../../http2/stream-events.ts";
import { getAbortSignalReason } from "../../protocol/connect-internals.ts";
import { Metadata } from "../../protocol/metadata.ts";
import type { CallLink } from "./connections/link.ts";
import { type CallLinks, sendWhenReady } from "./connections/link-source.ts";
import { errorOfEnd } from "./ends.ts";
import type { MethodPlan } from "./method-plan.ts";
import { type RepliedCall, ReplyMessages } from "./reply-messages.ts";
import { RequestPump } from "./request-pump.ts";
import { streamProtocols } from "./stream-protocols.ts";

/** A streaming call of any kind on the wire: what its stream tells, and what its signal tells. */
export class StreamCall implements StreamEvents, RepliedCall, EventListenerObject {
  readonly #links: CallLinks;
  readonly #plan: MethodPlan;
  readonly #request: StreamRequest;
  readonly #startedAt = performance.now();
  readonly #response = Promise.withResolvers<StreamResponse>();
  #link: CallLink | undefined = undefined;
  #stream: Stream | undefined = undefined;
  #pump: RequestPump | undefined = undefined;
  #messages: ReplyMessages | undefined = undefined;
  #isComplete = false;
  #isJudged = false;

  constructor(links: CallLinks, plan: MethodPlan, request: StreamRequest) {
    this.#links = links;
    this.#plan = plan;
    this.#request = request;
  }

  /** Makes the call. Resolves with the head of the reply. */
  async start(): Promise<StreamResponse> {
    const link = this.#links.take();
    if (link !== undefined) this.#begin(link);
    else await sendWhenReady(this.#links, this.#request.signal, ready => this.#begin(ready));
    return this.#response.promise;
  }

  #begin(link: CallLink): void {
    const { signal } = this.#request;
    if (signal.aborted) throw ConnectError.from(getAbortSignalReason(signal), Code.Canceled);
    this.#stream = this.#plan.heads.open(link, this.#request, this, false);
    signal.addEventListener("abort", this);
    this.#link = link;
    this.#pump = new RequestPump(this.#plan, this.#stream);
    void this.#send(this.#pump);
    this.#stream.resume();
  }

  async #send(pump: RequestPump): Promise<void> {
    try {
      await pump.run(this.#request.message as AsyncIterable<Message>);
    } catch (reason) {
      // The caller's own, and not the server's fault.
      this.#judge(Code.Canceled);
      this.fail(ConnectError.from(reason));
    }
  }

  responded(head: ResponseHead): void {
    if (head.status < 200) return;
    const header = new Metadata(head.headers);
    const { format } = this.#plan;
    const protocol = streamProtocols[this.#plan.protocol];
    try {
      const encoding = this.#plan.encodingOf(header);
      protocol.judge(head.status, header, format.binary);
      const messages = new ReplyMessages(this.#plan, this.#stream as Stream, header, encoding, this);
      this.#messages = messages;
      const { service, method } = this.#request;
      const { trailer } = messages;
      this.#response.resolve({ stream: true, service, method, header, trailer, message: messages } as StreamResponse);
    } catch (reason) {
      this.fail(ConnectError.from(reason, Code.Internal));
    }
  }

  data(chunk: Buffer): void {
    this.#messages?.push(chunk);
  }

  drained(): void {
    this.#pump?.drained();
  }

  ended(trailers: Trailers | undefined): void {
    this.#isComplete = true;
    this.#pump?.stop();
    this.#messages?.end(trailers);
    // What is left of the request is of no use to anybody.
    if (this.#stream?.writeEnded === false) this.#stream.reset();
  }

  closed(end: StreamEnd): void {
    this.#link?.release();
    this.#request.signal.removeEventListener("abort", this);
    this.#pump?.stop();
    if (this.#isComplete) return;
    const error = errorOfEnd(end, {
      isAnswered: this.#messages !== undefined,
      plan: this.#plan,
      header: this.#request.header,
      startedAt: this.#startedAt,
    });
    this.#judge(error.code);
    this.#response.reject(error);
    this.#messages?.cut(error);
  }

  /** Has the link know how the call has ended: by what comes first. */
  #judge(code: Code | undefined): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    this.#link?.judge(code);
  }

  /** The signal: the call is not wanted any more, or out of time. */
  handleEvent(): void {
    this.fail(ConnectError.from(getAbortSignalReason(this.#request.signal), Code.Canceled));
  }

  succeed(): void {
    this.#judge(undefined);
  }

  /** Ends the call with an error, whatever has come. */
  fail(error: ConnectError): void {
    this.#judge(error.code);
    this.#response.reject(error);
    this.#messages?.fail(error);
    this.#isComplete = true;
    this.#pump?.stop();
    this.#stream?.reset();
  }
}
