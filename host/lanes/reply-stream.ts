import { create, type Message } from "@bufbuild/protobuf";
import type { Codec } from "../../protocol/codec.ts";
import { compressMinBytes, type Encoding } from "../../protocol/encodings.ts";
import { compressedFlag } from "../../protocol/envelope.ts";
import { MessageBatch } from "../../protocol/message-batch.ts";
import { encodedForms } from "../../protocol/pre-encode.ts";
import { asWatched, type WatchedStream } from "../interceptors/stream-end.ts";
import { type PartialMessage, Replies } from "./invoke.ts";
import type { StreamRpc } from "./rpc.ts";

/** A batch this large goes out before its turn of the event loop is over. */
const flushBytes = 32 * 1024;

/** Gathers messages to be written together. */
export interface Batch {
  /** Bytes of what has gathered. */
  readonly size: number;
  /** Adds a message; the flags are those of an envelope. */
  add(flags: number, data: Uint8Array): void;
  /** Encodes a message where it waits; returns false, and has added nothing, where it is to be added encoded. */
  encode?(codec: Codec, message: Message): boolean;
  /** What has gathered, and starts anew; undefined for nothing. */
  take(): Uint8Array | undefined;
}

/** Where a reply's messages go, and who learns how the stream of them ended. */
export interface ReplySink {
  /** Sends the headers, once: with the first message they are settled. */
  sendHead(): void;
  /** A message is in the next batch. */
  sent(): void;
  /** Writes a batch. Returns false where the client reads too slowly. */
  write(bytes: Uint8Array): boolean;
  completed(): void;
  fail(reason: unknown): void;
  /** The handler is through, whatever it came to: the last that is told. */
  settled(): void;
}

/**
 * Pulls a reply's messages out of the handler, one after the other, as fast as the client takes them. Those of one turn
 * of the event loop share a write.
 */
export class ReplyStream {
  readonly #sink: ReplySink;
  readonly #rpc: StreamRpc;
  readonly #codec: Codec;
  readonly #encoding: Encoding | undefined;
  readonly #batch: Batch;
  readonly #watched: WatchedStream<Message>;
  readonly #iterator: AsyncIterator<PartialMessage>;
  /** Whether those who watch the stream were told of its end. */
  #toldEnd = false;
  #flushing = false;
  #full = false;
  #waiting = false;
  #stopped = false;

  constructor(
    sink: ReplySink,
    rpc: StreamRpc,
    codec: Codec,
    encoding: Encoding | undefined,
    messages: AsyncIterable<Message>,
    batch: Batch = new MessageBatch(),
  ) {
    this.#batch = batch;
    this.#sink = sink;
    this.#rpc = rpc;
    this.#codec = codec;
    this.#encoding = encoding;
    this.#watched = asWatched(messages);
    const { source } = this.#watched;
    this.#iterator = (source instanceof Replies ? source.partial : source)[Symbol.asyncIterator]();
  }

  /** Whether the client reads too slowly for more to be asked of the handler. */
  get waitsForClient(): boolean {
    return this.#waiting;
  }

  start(): void {
    this.#pull();
  }

  /** There is room for more. */
  drained(): void {
    this.#full = false;
    if (!this.#waiting || this.#stopped) return;
    this.#waiting = false;
    this.#pull();
  }

  /** Asks for no more, and lets the handler's `finally` run, even where it is parked at a `yield`. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    void this.#return();
  }

  async #return(): Promise<void> {
    try {
      if (!this.#toldEnd) this.#watched.stopped();
      await this.#iterator.return?.();
    } catch {
      // Nobody is left to be told.
    }
    this.#sink.settled();
  }

  /** What is not written yet. */
  takeRest(): Uint8Array | undefined {
    return this.#batch.take();
  }

  #pull(): void {
    this.#iterator.next().then(this.#onResult, this.#onError);
  }

  /** The handler failed, or what it yielded is no message. */
  readonly #onError = (reason: unknown): void => {
    if (this.#stopped) return;
    this.#toldEnd = true;
    this.#sink.fail(this.#watched.failed(reason));
  };

  readonly #onResult = (result: IteratorResult<PartialMessage>): void => {
    if (this.#stopped) return;
    if (result.done) {
      this.#stopped = true;
      this.#toldEnd = true;
      this.#watched.completed();
      this.#sink.completed();
      this.#sink.settled();
      return;
    }
    let message: Message;
    try {
      message = create(this.#rpc.output, result.value);
      this.#watched.passed();
    } catch (error) {
      this.#onError(error);
      return;
    }
    try {
      this.#sink.sendHead();
      this.#write(message);
    } catch (error) {
      this.#sink.fail(error);
    }
  };

  #write(message: Message): void {
    if (this.#encoding === undefined && this.#batch.encode?.(this.#codec, message)) {
      this.#added();
      return;
    }
    const bytes = this.#codec.serialize(message);
    if (this.#encoding === undefined || bytes.length < compressMinBytes) {
      this.#add(0, bytes);
      return;
    }
    const compressed = compressOnce(this.#encoding, this.#codec, message, bytes);
    if (compressed instanceof Uint8Array) this.#add(compressedFlag, compressed);
    else compressed.then(data => this.#add(compressedFlag, data)).catch(reason => this.#sink.fail(reason));
  }

  #add(flags: number, data: Uint8Array): void {
    if (this.#stopped) return;
    this.#batch.add(flags, data);
    this.#added();
  }

  #added(): void {
    this.#sink.sent();
    if (this.#batch.size >= flushBytes) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      // After all microtasks: a handler that yields without waiting has by then yielded all it has.
      process.nextTick(this.#flushLater);
    }
    if (this.#full) this.#waiting = true;
    else this.#pull();
  }

  readonly #flushLater = (): void => {
    this.#flushing = false;
    if (!this.#stopped) this.#flush();
  };

  #flush(): void {
    const bytes = this.#batch.take();
    if (bytes && !this.#sink.write(bytes)) this.#full = true;
  }
}

/** Compresses; a message marked by `preEncode` once for all its streams. */
function compressOnce(
  encoding: Encoding,
  { name }: Codec,
  message: Message,
  bytes: Uint8Array,
): Uint8Array | Promise<Uint8Array> {
  const forms = encodedForms(message);
  if (forms === undefined) return encoding.compress(bytes);
  const key = `${name} ${encoding.name}`;
  const known = forms.get(key);
  if (known) return known;
  const compressed = encoding.compress(bytes);
  forms.set(key, compressed);
  return compressed;
}
