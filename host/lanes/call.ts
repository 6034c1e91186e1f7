import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import type { Codec } from "../../protocol/codec.ts";
import type { Encoding } from "../../protocol/encodings.ts";
import { Metadata } from "../../protocol/metadata.ts";
import { contentCoding, knownEncoding, requestEncoding, responseEncoding } from "../../protocol/negotiate.ts";
import { timeoutHeader } from "../../protocol/timeout.ts";
import { traceparentHeader } from "../../protocol/traceparent.ts";
import { toConnectError } from "../../protocol/wire-error.ts";
import type { ProtocolName, WireFormat } from "../../protocol/wire-format.ts";
import type { EndedCall } from "../interceptors/call-end.ts";
import type { CallSource } from "../interceptors/call-source.ts";
import { spanKey } from "../interceptors/call-trace.ts";
import { CallValues } from "../interceptors/call-values.ts";
import { Abortable } from "./abortable.ts";
import { ok } from "./call-meter.ts";
import { type CallInit, type CallScope, shutdownError } from "./call-scope.ts";
import { CallContext, type ContextCall } from "./context.ts";
import { Deadline } from "./deadline.ts";
import type { Exchange, ExchangeListener } from "./exchange.ts";
import type { ReadOptions } from "./read-message.ts";
import { baseHead, baseTrailer } from "./reply-head.ts";
import { clientLeft } from "./reset-reason.ts";
import type { Rpc } from "./rpc.ts";
import type { CallProgress, RunningCall } from "./running-calls.ts";

/** The reason a signal aborts with where all went well. One for all: making it costs more than the call. */
const completed = new DOMException("This operation was aborted", "AbortError");

/** One call, from its headers to the end of its reply: what all kinds and protocols have in common. */
export abstract class Call extends Abortable implements ExchangeListener, RunningCall, EndedCall, ContextCall {
  place = -1;
  readonly values: ContextValues;
  error: ConnectError | undefined = undefined;
  ms = 0;
  protected readonly scope: CallScope;
  protected readonly rpc: Rpc;
  protected readonly format: WireFormat;
  protected readonly exchange: Exchange;
  protected readonly codec: Codec;
  protected readonly responseEncoding: Encoding | undefined;
  protected requestEncoding: Encoding | undefined;
  protected readonly context: CallContext;
  readonly #start = performance.now();
  readonly #statedEncoding: string | undefined;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;
  #deadline: Deadline | undefined;
  /** Why there are no context values: told once the call has begun. */
  #valuesError: unknown;
  #ended = false;
  #told = false;
  /** Parts of the call's work that go on: they may outlive its reply. */
  #parts = 0;

  constructor({ scope, rpc, format, exchange, source, statedEncoding }: CallInit<Rpc>) {
    super();
    this.scope = scope;
    this.rpc = rpc;
    this.format = format;
    this.exchange = exchange;
    this.codec = format.binary ? rpc.proto : rpc.json;
    this.values = this.#valuesOf(source);
    const stated = statedEncoding ?? this.header(format.encodingHeader);
    this.#statedEncoding = format.enveloped ? stated : contentCoding(stated);
    this.responseEncoding = responseEncoding(
      this.header(format.acceptEncodingHeader),
      knownEncoding(this.#statedEncoding),
    );
    this.responseHeader = new Metadata(baseHead(format, this.responseEncoding));
    this.responseTrailer = new Metadata(baseTrailer(format));
    const timeout = this.header(timeoutHeader(format.protocol));
    if (timeout !== undefined)
      this.#deadline = new Deadline(format.protocol, timeout, scope.maxDeadlineMs, reason => this.fail(reason));
    this.context = new CallContext(this, exchange);
  }

  get method(): DescMethod {
    return this.rpc.spec.method;
  }

  get protocolName(): ProtocolName {
    return this.format.protocol;
  }

  /** Tells what is left of the deadline; undefined where there is none. */
  get timeoutMs(): (() => number) | undefined {
    const deadline = this.#deadline;
    return deadline && !deadline.error ? () => deadline.remainingMs() : undefined;
  }

  get traceparent(): string | undefined {
    return this.values.get(spanKey) ?? this.header(traceparentHeader);
  }

  abstract get progress(): CallProgress;

  /** Milliseconds since the call's headers came. */
  get age(): number {
    return performance.now() - this.#start;
  }

  /** Nothing is written any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Accepts the call or answers why not. Never throws. */
  start(): void {
    const { scope } = this;
    scope.running.add(this);
    this.rpc.meter?.began();
    try {
      this.exchange.open(this, scope.replies);
      if (this.#ended) return;
      if (this.#valuesError) throw this.#valuesError;
      // A client may not know yet that the server drains: what ends by itself is served, as if it had begun before.
      if (!this.rpc.unary && this.rpc.endsInDrain && scope.shutdownSignal.aborted)
        throw shutdownError(scope.shutdownSignal);
      const gate = scope.requestGate?.(this.context);
      if (gate === undefined) this.#accept();
      else {
        this.begin();
        gate
          .then(() => this.#accept())
          .catch(error => this.fail(error))
          .finally(() => this.done());
      }
    } catch (error) {
      this.fail(error);
    }
  }

  abstract received(chunk: Uint8Array): void;
  abstract receivedAll(): void;
  abstract drained(): void;

  gone(reason: ConnectError): void {
    if (!this.end(reason)) return;
    this.released(reason);
    this.tell(clientLeft(reason));
  }

  /** The server is shutting down: tells the call, and ends it where it would not finish by itself. */
  abstract shutDown(): void;

  /** The headers are accepted; the body may be read. */
  protected abstract receive(): void;
  /** Ends the reply with an error. */
  protected abstract replyError(error: ConnectError): void;
  /** Lets go of what the call holds, as its reply is over or nobody reads it any more. */
  protected abstract released(reason: unknown): void;

  /** Ends the call with an error, once. What is not meant for clients goes to the log alone. */
  fail(reason: unknown): void {
    if (this.#ended) return;
    // What a handler makes of its signal's abort counts less than why it was aborted.
    const cause = this.aborted && !(reason instanceof ConnectError) ? this.abortReason : reason;
    const error = toConnectError(cause);
    this.end(error);
    this.released(error);
    try {
      this.replyError(error);
    } catch (unwritable) {
      this.unwritable(unwritable);
      return;
    }
    this.tell(error);
  }

  /** The reply cannot be written: a fault of ours, such as a header that HTTP does not allow. */
  protected unwritable(reason: unknown): void {
    this.end(reason);
    this.released(reason);
    this.exchange.destroy();
    this.tell(new ConnectError("internal error", Code.Internal, undefined, undefined, reason));
  }

  /** Tells of the call's end, once; with an error unless all went well. */
  protected tell(error?: ConnectError): void {
    if (this.#told) return;
    this.#told = true;
    this.error = error;
    this.ms = this.age;
    this.rpc.meter?.ended(this.format.protocol, error?.code ?? ok, this.ms, this.traceparent);
    this.scope.onCallEnd?.(this);
  }

  /** Marks the call as over. Returns false where it was before. */
  protected end(reason: unknown = completed): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.scope.running.delete(this);
    this.#deadline?.clear();
    this.abort(reason);
    if (this.#parts === 0) this.exchange.settled();
    return true;
  }

  /** Work begins that the call's end does not end. */
  protected begin(): void {
    this.#parts++;
  }

  /** It is over. */
  protected done(): void {
    this.#parts--;
    if (this.#ended && this.#parts === 0) this.exchange.settled();
  }

  protected header(name: string): string | undefined {
    const value = this.exchange.headers[name];
    return typeof value === "string" ? value : undefined;
  }

  /** How the messages of the request are read. */
  protected readOptions(stream: boolean): ReadOptions {
    const { codec, requestEncoding: encoding, context } = this;
    const { maxMessageBytes: limit, inflationLimit } = this.scope;
    return { codec, encoding, limit, stream, inflationLimit, meter: this.rpc.meter, context };
  }

  /** None where making them fails: the call is answered all the same. */
  #valuesOf(source: CallSource): ContextValues {
    try {
      return this.scope.contextValues(source, this.format.protocol);
    } catch (error) {
      this.#valuesError = error;
      return new CallValues();
    }
  }

  #accept(): void {
    if (this.#ended) return;
    try {
      this.requestEncoding = requestEncoding(
        this.#statedEncoding,
        this.format.acceptEncodingHeader,
        this.responseHeader,
      );
      if (this.#deadline?.error) throw this.#deadline.error;
      this.receive();
    } catch (error) {
      this.fail(error);
    }
  }
}
