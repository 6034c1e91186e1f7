import type { Message } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { compressMinBytes } from "../../protocol/encodings.ts";
import { compressedFlag, envelop, prefixBytes, trailerFlag } from "../../protocol/envelope.ts";
import { serializeEnveloped } from "../../protocol/enveloped.ts";
import { isPromise } from "../interceptors/unary-step.ts";
import { Call } from "./call.ts";
import { type CallInit, shutdownError } from "./call-scope.ts";
import { endReply, replyErrorAlone } from "./reply-end.ts";
import { EnvelopedBody, PlainBody, type RequestBody } from "./request-body.ts";
import type { UnaryRpc } from "./rpc.ts";
import type { CallProgress } from "./running-calls.ts";

/** A call with one message each way, in any protocol. What a Connect reply looks like differs: see `ConnectUnaryCall`. */
export class UnaryCall extends Call {
  declare protected readonly rpc: UnaryRpc;
  #body: RequestBody | undefined;
  #invoked = false;
  #keeps = false;

  constructor(init: CallInit<UnaryRpc>) {
    super(init);
  }

  override get progress(): CallProgress {
    if (this.#invoked) return { received: 1, sent: 0, waitsFor: "handler" };
    return { received: 0, sent: 0, waitsFor: this.#body && "client" };
  }

  override received(chunk: Uint8Array): void {
    const body = this.#body;
    if (this.ended || body === undefined) return;
    try {
      body.push(chunk);
      if (body.kept === 0) return;
      this.#keeps = true;
      this.exchange.incomplete(body.kept, body.missing);
    } catch (error) {
      this.fail(error);
    }
  }

  override receivedAll(): void {
    if (this.ended || this.#body === undefined) return;
    if (this.#keeps) this.exchange.incomplete(0, 0);
    this.answer(this.#body);
  }

  override drained(): void {}

  /** A call that has begun is let finish, its body within the listener's limits; a handler that runs learns of it. */
  override shutDown(): void {
    if (this.#invoked) this.abort(shutdownError(this.scope.shutdownSignal));
  }

  protected override receive(): void {
    this.#body = this.createBody();
    this.exchange.read();
  }

  protected createBody(): RequestBody {
    const { format } = this;
    const options = this.readOptions(false);
    if (format.enveloped) return new EnvelopedBody(options, format.protocol === "grpc-web" ? trailerFlag : 0);
    const declared = this.header("content-length");
    return new PlainBody(options, declared === undefined ? undefined : Number(declared));
  }

  /** Runs the call on what was received: most go through it without a promise. Never throws. */
  protected answer(body: RequestBody): void {
    this.#invoked = true;
    this.begin();
    try {
      const unfolds = this.requestEncoding !== undefined;
      const waiting = this.exchange.room(unfolds);
      const input = waiting || unfolds ? this.#wait(body, waiting, unfolds) : body.finish();
      const going = isPromise(input) ? this.#invokeLater(input) : this.#invoke(input);
      if (going) {
        void this.#finishLater(going);
        return;
      }
    } catch (error) {
      this.fail(error);
    }
    this.done();
  }

  async #finishLater(going: Promise<void>): Promise<void> {
    try {
      await going;
    } catch (error) {
      this.fail(error);
    }
    this.done();
  }

  /** The message of a body that has to wait, or is compressed; undefined where the call has ended before its turn. */
  async #wait(body: RequestBody, room: Promise<void> | undefined, unfolds: boolean): Promise<Message | undefined> {
    await room;
    if (!unfolds) return body.finish();
    try {
      return this.ended ? undefined : await body.finish();
    } finally {
      this.exchange.unfolded();
    }
  }

  async #invokeLater(input: Promise<Message | undefined>): Promise<void> {
    await this.#invoke(await input);
  }

  #invoke(input: Message | undefined): void | Promise<void> {
    if (this.ended || input === undefined) return;
    this.rpc.meter?.received();
    const output = this.rpc.invoke(this.context, input);
    return isPromise(output) ? this.#encodeLater(output) : this.#encode(output);
  }

  async #encodeLater(output: Promise<Message>): Promise<void> {
    const compressing = this.#encode(await output);
    if (compressing) await compressing;
  }

  #encode(output: Message): void | Promise<void> {
    if (this.ended) return;
    const bytes = this.serialize(output);
    const compressed = this.#compress(bytes);
    if (isPromise(compressed)) return compressed.then(done => this.#finish(done, true));
    this.#finish(compressed ?? bytes, compressed !== undefined);
  }

  /** The reply's message, with its prefix where messages are enveloped. */
  protected serialize(message: Message): Uint8Array {
    return this.format.enveloped ? serializeEnveloped(this.codec, message) : this.codec.serialize(message);
  }

  /** Compresses what is worth it, without its prefix. */
  #compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> | undefined {
    if (this.responseEncoding === undefined) return undefined;
    const message = this.format.enveloped ? bytes.subarray(prefixBytes) : bytes;
    return message.length < compressMinBytes ? undefined : this.responseEncoding.compress(message);
  }

  #finish(bytes: Uint8Array, compressed: boolean): void {
    if (!this.end()) return;
    try {
      this.reply(bytes, compressed);
    } catch (error) {
      this.unwritable(error);
      return;
    }
    this.rpc.meter?.sent();
    this.tell();
  }

  /** Writes the reply: what `serialize` returned, or the message of it compressed. */
  protected reply(bytes: Uint8Array, compressed: boolean): void {
    const { exchange, format } = this;
    exchange.head(200, this.responseHeader.fields, format.protocol === "grpc");
    const message = compressed ? envelop(compressedFlag, bytes) : bytes;
    endReply(exchange, format.protocol, this.responseTrailer, message, undefined);
  }

  protected override replyError(error: ConnectError): void {
    replyErrorAlone(this.exchange, this.format.protocol, this.responseHeader, this.responseTrailer, error);
  }

  protected override released(): void {
    this.#body = undefined;
  }
}
