import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Envelope } from "../../protocol/envelope.ts";
import type { Exchange } from "./exchange.ts";
import { openEnvelope } from "./open-envelope.ts";
import type { ReadOptions } from "./read-message.ts";

/** Above this the client has to wait: it sends faster than the handler reads. */
const highWaterBytes = 64 * 1024;

/** The messages that a streaming call is made with: told of the body as it comes, and iterated once. */
export interface Requests extends AsyncIterable<Message> {
  /** Messages that the handler has taken. */
  readonly taken: number;
  /** Whether the handler waits for more than has come. */
  readonly waitsForClient: boolean;
  /** Takes a part of the body. */
  push(chunk: Uint8Array): void;
  /** The body is complete. */
  complete(): void;
  /** No more messages: whoever asks gets this reason. */
  fail(reason: unknown): void;
}

/** Splits a body into messages. */
export interface MessageReader {
  /** Bytes received and not read yet. */
  readonly buffered: number;
  /** Bytes that the next message still lacks; 0, or left out, while that is not known. */
  readonly missing?: number;
  push(chunk: Uint8Array): void;
  /** Nothing more comes. */
  end?(): void;
  /** The next message, undefined until it is there whole. Throws where it is too large. */
  read(): Envelope | undefined;
}

interface Waiter {
  resolve(result: IteratorResult<Message> | PromiseLike<IteratorResult<Message>>): void;
  reject(reason: unknown): void;
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** In the place of a reader whose last message was taken: replies may go on for hours, and many do. */
const spent: MessageReader = Object.freeze({ buffered: 0, push() {}, read: () => undefined });

/** The messages of a streaming request, decoded as the handler asks for them. To be iterated once. */
export class RequestStream implements AsyncIterableIterator<Message>, Requests {
  readonly #exchange: Exchange;
  #reader: MessageReader;
  readonly #options: ReadOptions;
  /** Set in the flags of an envelope that holds no message. */
  readonly #endFlag: number;
  #waiters: Waiter[] | undefined = undefined;
  taken = 0;
  #complete = false;
  #stopped = false;
  #paused = false;
  #keeps = false;
  #failure: { reason: unknown } | undefined;

  constructor(exchange: Exchange, reader: MessageReader, options: ReadOptions, endFlag: number) {
    this.#exchange = exchange;
    this.#reader = reader;
    this.#endFlag = endFlag;
    this.#options = options;
  }

  get waitsForClient(): boolean {
    return this.#waiters !== undefined && this.#waiters.length > 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#stopped) return;
    this.#reader.push(chunk);
    this.#serve();
    this.#keep();
    // Where a handler waits, what is there is part of a message, and the rest of it is wanted.
    if (!this.waitsForClient && this.#reader.buffered > highWaterBytes) {
      this.#paused = true;
      this.#exchange.pause();
    }
  }

  /** A message that is not complete counts, and is wanted. */
  #keep(): void {
    const missing = this.#stopped ? 0 : (this.#reader.missing ?? 0);
    if (missing === 0 && !this.#keeps) return;
    this.#keeps = missing > 0;
    try {
      this.#exchange.incomplete(missing > 0 ? this.#reader.buffered : 0, missing);
    } catch (error) {
      this.fail(error);
    }
  }

  complete(): void {
    this.#complete = true;
    this.#reader.end?.();
    this.#serve();
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#stopped = true;
    for (const waiter of this.#waiters?.splice(0) ?? []) waiter.reject(reason);
  }

  next(): Promise<IteratorResult<Message>> {
    if (this.waitsForClient) return this.#wait();
    try {
      const result = this.#take();
      return result === undefined ? this.#wait() : Promise.resolve(result);
    } catch (error) {
      this.fail(error);
      return Promise.reject(error);
    }
  }

  /** The handler wants no more. */
  return(): Promise<IteratorResult<Message>> {
    this.#stopped = true;
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wait(): Promise<IteratorResult<Message>> {
    this.#waiters ??= [];
    const waiters = this.#waiters;
    const waiting = new Promise<IteratorResult<Message>>((resolve, reject) => waiters.push({ resolve, reject }));
    if (this.#paused) {
      this.#paused = false;
      this.#exchange.read();
    }
    return waiting;
  }

  #serve(): void {
    try {
      while (this.waitsForClient) {
        const result = this.#take();
        if (result === undefined) return;
        this.#waiters?.shift()?.resolve(result);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** The next message, if it is there. */
  #take(): IteratorResult<Message> | Promise<IteratorResult<Message>> | undefined {
    if (this.#failure) throw this.#failure.reason;
    if (this.#stopped) return done;
    for (;;) {
      const envelope = this.#reader.read();
      if (envelope === undefined) return this.#atEnd();
      if ((envelope.flags & this.#endFlag) !== 0) continue;
      const message = openEnvelope(envelope, this.#options);
      return message instanceof Promise ? message.then(value => this.#read(value)) : this.#read(message);
    }
  }

  #read(value: Message): IteratorYieldResult<Message> {
    this.taken++;
    this.#options.meter?.received();
    return { done: false, value };
  }

  #atEnd(): IteratorResult<Message> | undefined {
    if (!this.#complete) return undefined;
    if (this.#reader.buffered > 0) {
      throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
    }
    this.#reader = spent;
    return done;
  }
}
