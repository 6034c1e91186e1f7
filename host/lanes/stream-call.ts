import type { ConnectError } from "@connectrpc/connect";
import { endStreamFlag, trailerFlag } from "../../protocol/envelope.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import { Call } from "./call.ts";
import { type CallInit, shutdownError } from "./call-scope.ts";
import { endReply, replyErrorAlone } from "./reply-end.ts";
import { ReplyStream } from "./reply-stream.ts";
import { RequestStream } from "./request-stream.ts";
import type { StreamRpc } from "./rpc.ts";
import { sendHeadersKey } from "./send-headers.ts";

/** The flag of an envelope that holds no message, by protocol. */
const endFlags: Record<ProtocolName, number> = { grpc: 0, "grpc-web": trailerFlag, connect: endStreamFlag };

/** A call that streams in either direction, in any protocol. */
export class StreamCall extends Call {
  declare protected readonly rpc: StreamRpc;
  #requests: RequestStream | undefined;
  #replies: ReplyStream | undefined;
  #headSent = false;

  constructor(init: CallInit<StreamRpc>) {
    super(init);
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

  /** A stream may never end by itself. Its handler learns of it first, and may end it with an error of its own. */
  override shutDown(): void {
    const error = shutdownError(this.scope.shutdownSignal);
    this.abort(error);
    setImmediate(() => this.fail(error));
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
    if (shutdownSignal.aborted && this.rpc.spec.kind !== "client_streaming") this.fail(shutdownError(shutdownSignal));
    else if (this.end()) this.#finish();
  }

  protected override receive(): void {
    const { exchange } = this;
    this.#requests = new RequestStream(exchange, this.readOptions(true), endFlags[this.format.protocol]);
    this.context.values.set(sendHeadersKey, () => this.#sendHeadersNow());
    exchange.read();
    void this.#run(this.#requests);
  }

  async #run(requests: RequestStream): Promise<void> {
    this.begin();
    try {
      const messages = await this.rpc.invoke(this.context, requests);
      const replies = new ReplyStream(this, this.rpc, this.codec, this.responseEncoding, messages);
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
    const { exchange, format, responseHeader, responseTrailer } = this;
    if (this.#headSent) endReply(exchange, format.protocol, responseTrailer, this.#replies?.takeRest(), error);
    else replyErrorAlone(exchange, format.protocol, responseHeader, responseTrailer, error);
  }

  protected override released(reason: unknown): void {
    this.#requests?.fail(reason);
    this.#replies?.stop();
  }

  #finish(): void {
    try {
      this.sendHead();
      endReply(this.exchange, this.format.protocol, this.responseTrailer, this.#replies?.takeRest(), undefined);
    } catch (unwritable) {
      this.unwritable(unwritable);
      return;
    }
    this.tell();
  }

  /** Sends the headers, unless they are sent. */
  sendHead(): void {
    if (this.#headSent) return;
    this.exchange.head(200, this.responseHeader.fields, this.format.protocol === "grpc");
    // Not before: an exchange that throws has sent nothing, and an error is still to be told.
    this.#headSent = true;
  }

  #sendHeadersNow(): void {
    if (this.ended || this.#headSent) return;
    this.sendHead();
    this.exchange.write(new Uint8Array(0));
  }
}
