import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Trailers } from "../../http2/message-fields.ts";
import type { Stream } from "../../http2/stream.ts";
import type { Encoding } from "../../protocol/encodings.ts";
import { compressedFlag, type Envelope, EnvelopeReader, wholeEnvelope } from "../../protocol/envelope.ts";
import { appendAll, Metadata } from "../../protocol/metadata.ts";
import type { ReadyMessages } from "../ready-messages.ts";
import type { MethodPlan } from "./method-plan.ts";
import { behindEnd, type StreamProtocol, streamProtocols } from "./stream-protocols.ts";

/** The stream is paused while so many bytes of messages wait to be read, and goes on below half of them. */
const highWater = 65_536;

/** The call that a reply is to. */
export interface RepliedCall {
  /** The reply is whole, and as it should be. */
  succeed(): void;
  /** The reply is not as it should be, or tells of an error: nothing of it is wanted any more. */
  fail(error: ConnectError): void;
}

type Result = IteratorResult<Message, undefined>;

/** A reader that waits for a message. */
type Waiting = PromiseWithResolvers<Result>;

const over: Result = Object.freeze({ done: true, value: undefined });

/**
 * The messages of a streaming reply, read one after the other. It ends well by the protocol's own end of a reply alone.
 * Like those of Connect's transports it has no `return`: who leaves it before its end ends the call by its signal.
 */
export class ReplyMessages implements AsyncIterable<Message>, ReadyMessages {
  /** Is filled at the end. */
  readonly trailer: Headers = new Metadata({});
  readonly #plan: MethodPlan;
  readonly #protocol: StreamProtocol;
  readonly #stream: Stream;
  readonly #header: Headers;
  readonly #encoding: Encoding | undefined;
  readonly #reader: EnvelopeReader;
  readonly #call: RepliedCall;
  #queue: Envelope[] = [];
  #queued = 0;
  #isPaused = false;
  #waiting: Waiting[] = [];
  /** Whether the protocol has ended the reply by an envelope. */
  #hasEnd = false;
  /** Whether nothing more comes, and why where that is not as it should be. */
  #isOver = false;
  #error: ConnectError | undefined = undefined;
  #trailers: Trailers | undefined = undefined;

  constructor(plan: MethodPlan, stream: Stream, header: Headers, encoding: Encoding | undefined, call: RepliedCall) {
    this.#plan = plan;
    this.#protocol = streamProtocols[plan.protocol];
    this.#stream = stream;
    this.#header = header;
    this.#encoding = encoding;
    this.#reader = new EnvelopeReader(plan.readMaxBytes);
    this.#call = call;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** A part of the body. */
  push(chunk: Buffer): void {
    if (this.#isOver) return;
    const whole = this.#reader.buffered === 0 ? wholeEnvelope(chunk, this.#plan.readMaxBytes) : undefined;
    if (whole === undefined) this.#split(chunk);
    else this.#add(whole);
    if (this.#waiting.length > 0) this.#serve();
    if (this.#queued <= highWater || this.#isPaused) return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  #split(chunk: Buffer): void {
    this.#reader.push(chunk);
    try {
      for (let next = this.#reader.read(); next !== undefined; next = this.#reader.read()) this.#add(next);
    } catch (reason) {
      this.#error = ConnectError.from(reason);
      this.#isOver = true;
      this.#stream.pause();
    }
    this.#stream.want(this.#reader.missing);
  }

  #add(envelope: Envelope): void {
    this.#queue.push(envelope);
    this.#queued += envelope.data.length;
  }

  /** The body is complete. */
  end(trailers: Trailers | undefined): void {
    this.#trailers = trailers;
    if (this.#reader.buffered > 0) this.#error ??= this.#plan.cut("incomplete envelope");
    this.#isOver = true;
    this.#serve();
  }

  /** The body is not complete, and never will be. What has come of it is read first. */
  cut(error: ConnectError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#serve();
  }

  /** The call has failed: whatever has come is dropped. */
  fail(error: ConnectError): void {
    this.#queue = [];
    this.#isOver = true;
    this.#hasEnd = false;
    this.#error ??= error;
    this.#serve();
  }

  next(): Promise<Result> {
    const result = (this.#waiting.length === 0 ? this.#result() : undefined) ?? this.#wait();
    this.#refill();
    return result instanceof Promise ? result : Promise.resolve(result);
  }

  /** See {@link ReadyMessages.take}: a message that is neither compressed nor an end. */
  take(): Message | undefined {
    const first = this.#waiting.length === 0 && !this.#hasEnd ? this.#queue[0] : undefined;
    if (first?.flags !== 0) return undefined;
    this.#queue.shift();
    this.#queued -= first.data.length;
    try {
      return this.#plan.parse(first.data);
    } catch (reason) {
      this.#refuse(reason);
      return undefined;
    } finally {
      this.#refill();
    }
  }

  #wait(): Promise<Result> {
    const waiting = Promise.withResolvers<Result>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  #serve(): void {
    for (let first = this.#waiting.shift(); first !== undefined; first = this.#waiting.shift()) {
      const result = this.#result();
      if (result === undefined) {
        this.#waiting.unshift(first);
        break;
      }
      first.resolve(result);
    }
    this.#refill();
  }

  /** Has more told once most of what has come is read. */
  #refill(): void {
    if (!this.#isPaused || this.#queued > highWater / 2) return;
    this.#isPaused = false;
    this.#stream.resume();
  }

  /** What the next reader is told; undefined where it has to wait. */
  #result(): Result | Promise<Result> | undefined {
    try {
      const envelope = this.#queue.shift();
      if (envelope !== undefined) return this.#read(envelope);
      if (!this.#isOver) return undefined;
      if (!this.#hasEnd) this.#endWithout();
      return over;
    } catch (reason) {
      return Promise.reject(this.#refuse(reason));
    }
  }

  #read({ flags, data }: Envelope): Result | Promise<Result> {
    this.#queued -= data.length;
    if (this.#hasEnd) throw behindEnd();
    const isEnd = (flags & this.#protocol.endFlag) !== 0;
    const bytes = (flags & compressedFlag) === 0 ? data : this.#plan.decompress(data, this.#encoding);
    if (bytes instanceof Promise) return this.#readLater(bytes, isEnd);
    return isEnd ? this.#endBy(bytes) : { done: false, value: this.#plan.parse(bytes) };
  }

  async #readLater(inflated: Promise<Uint8Array>, isEnd: boolean): Promise<Result> {
    try {
      const bytes = await inflated;
      return isEnd ? await this.#endBy(bytes) : { done: false, value: this.#plan.parse(bytes) };
    } catch (reason) {
      throw this.#refuse(reason);
    }
  }

  /** Ends the reply as the protocol does. What comes behind it is an error. */
  #endBy(bytes: Uint8Array): Result | Promise<Result> {
    this.#setTrailer(this.#protocol.readEnd(bytes, this.#header, this.#plan));
    return this.#result() ?? this.#wait();
  }

  #endWithout(): void {
    if (this.#error !== undefined) throw this.#error;
    this.#setTrailer(this.#protocol.readTrailers(this.#trailers, this.#header, this.#plan));
  }

  #setTrailer(trailer: Headers): void {
    appendAll(this.trailer, trailer);
    this.#hasEnd = true;
    this.#call.succeed();
  }

  #refuse(reason: unknown): ConnectError {
    const error = ConnectError.from(reason, Code.Internal);
    this.#error = error;
    this.#call.fail(error);
    return error;
  }
}
