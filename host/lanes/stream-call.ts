import type { Message } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { EnvelopeReader, endStreamFlag, trailerFlag } from "../../protocol/envelope.ts";
import type { Fields } from "../../protocol/metadata.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import { Call } from "./call.ts";
import { type CallInit, shutdownError } from "./call-scope.ts";
import { endReply, replyErrorAlone } from "./reply-end.ts";
import { ReplyStream } from "./reply-stream.ts";
import { RequestStream, type Requests } from "./request-stream.ts";
import type { StreamRpc } from "./rpc.ts";
import type { CallProgress } from "./running-calls.ts";
import { sendHeadersKey } from "./send-headers.ts";

/** The flag of an envelope that holds no message, by protocol. */
const endFlags: Readonly<Partial<Record<ProtocolName, number>>> = {
  "grpc-web": trailerFlag,
  connect: endStreamFlag,
};

/** A call that streams in either direction, in any protocol. */
export class StreamCall extends Call {
  declare protected readonly rpc: StreamRpc;
  #requests: Requests | undefined;
  #replies: ReplyStream | undefined;
  #headSent = false;
  /** Messages of the reply. */
  #sent = 0;

  constructor(init: CallInit<StreamRpc>) {
    super(init);
  }

  override get progress(): CallProgress {
    const requests = this.#requests;
    const waitsForClient = this.#replies?.waitsForClient || requests?.waitsForClient;
    return {
      received: requests?.taken ?? 0,
      sent: this.#sent,
      waitsFor: requests && (waitsForClient ? "client" : "handler"),
    };
  }

  override received(chunk: Uint8Array): void {
    if (!this.ended) this.#requests?.push(chunk);
  }

  override receivedAll(): void {
    this.#requests?.complete();
  }

  override drained(): void {
    this.#replies?.drained();
  }

  /**
   * A stream that may never end by itself is ended. Its handler learns of it first, and may end it with an error of its
   * own. One that comes to an end is not disturbed: its handler might take the signal for the client's leaving.
   */
  override shutDown(): void {
    if (!this.rpc.endsInDrain) return;
    const error = shutdownError(this.scope.shutdownSignal);
    this.abort(error);
    setImmediate(() => this.fail(error));
  }

  /** A message of the reply was written. */
  sent(): void {
    const { meter } = this.rpc;
    meter?.sent();
    if (this.#sent++ === 0) meter?.answered(this.age);
  }

  /** A batch of messages, on behalf of the reply stream. */
  write(bytes: Uint8Array): boolean {
    if (this.ended) return true;
    try {
      return this.exchange.write(bytes);
    } catch (error) {
      this.unwritable(error);
      return true;
    }
  }

  /** The handler has no more messages. */
  completed(): void {
    // A feed that ends because the server does is not complete.
    const { shutdownSignal } = this.scope;
    const { endsInDrain, spec } = this.rpc;
    const isFeed = endsInDrain && spec.kind !== "client_streaming";
    if (shutdownSignal.aborted && isFeed) this.fail(shutdownError(shutdownSignal));
    else if (this.end()) this.#finish();
  }

  protected override receive(): void {
    this.#requests = this.createRequests();
    this.context.values.set(sendHeadersKey, () => this.#sendHeadersNow());
    this.exchange.read();
    void this.#run(this.#requests);
  }

  protected createRequests(): Requests {
    const options = this.readOptions(true);
    const reader = new EnvelopeReader(options.limit);
    return new RequestStream(this.exchange, reader, options, endFlags[this.format.protocol] ?? 0);
  }

  protected createReplies(messages: AsyncIterable<Message>): ReplyStream {
    return new ReplyStream(this, this.rpc, this.codec, this.responseEncoding, messages);
  }

  async #run(requests: Requests): Promise<void> {
    this.begin();
    try {
      const messages = await this.rpc.invoke(this.context, requests);
      const replies = this.createReplies(messages);
      this.#replies = replies;
      if (this.ended) replies.stop();
      else replies.start();
    } catch (error) {
      this.fail(error);
      this.done();
    }
  }

  /** The handler is through, on behalf of the reply stream. */
  settled(): void {
    this.done();
  }

  protected override replyError(error: ConnectError): void {
    if (this.#headSent) this.endReply(this.#replies?.takeRest(), error);
    else this.replyErrorAlone(error);
  }

  /** Ends a reply that has begun with the last of its messages, and with how the call went. */
  protected endReply(last: Uint8Array | undefined, error: ConnectError | undefined): void {
    endReply(this.exchange, this.format.protocol, this.responseTrailer, last, error);
  }

  /** Replies with an error and nothing else. */
  protected replyErrorAlone(error: ConnectError): void {
    replyErrorAlone(this.exchange, this.format.protocol, this.responseHeader, this.responseTrailer, error);
  }

  protected override released(reason: unknown): void {
    this.#requests?.fail(reason);
    this.#replies?.stop();
  }

  #finish(): void {
    try {
      this.sendHead();
      this.endReply(this.#replies?.takeRest(), undefined);
    } catch (unwritable) {
      this.unwritable(unwritable);
      return;
    }
    this.tell();
  }

  /** Sends the headers, unless they are sent. */
  sendHead(): void {
    if (this.#headSent) return;
    this.exchange.head(200, this.headFields(), this.format.protocol === "grpc");
    // Not before: an exchange that throws has sent nothing, and an error is still to be told.
    this.#headSent = true;
  }

  /** The headers of the reply; not to be changed. */
  protected headFields(): Fields {
    return this.responseHeader.fields;
  }

  #sendHeadersNow(): void {
    if (this.ended || this.#headSent) return;
    this.sendHead();
    this.exchange.write(new Uint8Array(0));
  }
}
