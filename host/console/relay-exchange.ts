import { Code, ConnectError } from "@connectrpc/connect";
import type { Fields } from "../../protocol/metadata.ts";
import { ConnectionAccount } from "../lanes/connection-account.ts";
import type { Exchange, ExchangeListener } from "../lanes/exchange.ts";

/** Bytes of a reply that its reader has not taken, above which the call has to wait. */
const highWaterBytes = 256 * 1024;

/** Bytes of an incomplete message that are kept: larger ones have to come in one piece. */
const maxIncompleteBytes = 1024 * 1024;

/** What comes back from a call, in the order in which it was written. */
export type RelayEvent =
  | { readonly kind: "head"; readonly status: number; readonly fields: Fields }
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly trailers: Fields }
  | { readonly kind: "broken"; readonly reason: string };

/** An event, and when it happened on `performance.now`. */
export type TimedEvent = RelayEvent & { readonly at: number };

/** The head of a relayed request. */
export interface RelayHead {
  readonly path: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: Fields;
}

/**
 * A request and its reply in memory: the bytes of a call without a connection of its own. One reader takes what the call
 * writes by `events`; as long as it does not, the call waits as for a client that does not read.
 */
export class RelayExchange extends ConnectionAccount implements Exchange {
  readonly method = "POST";
  readonly path: string;
  readonly url: string;
  readonly headers: Fields;
  /** What is sent with the head of each reply. */
  readonly #answerHeaders: () => Fields;
  readonly #onSettled: () => void;
  readonly #events: TimedEvent[] = [];
  #unread = 0;
  #listener: ExchangeListener | undefined;
  /** Whether the call takes more of its request. */
  #reading = false;
  #halfClosed = false;
  #over = false;
  #wakeReader: (() => void) | undefined;
  #wakeSender: (() => void) | undefined;

  /** `onSettled` is called once all that was done for the call is over. */
  constructor({ path, url, headers }: RelayHead, answerHeaders: () => Fields, onSettled: () => void) {
    super(highWaterBytes);
    this.path = path;
    this.url = url;
    this.headers = headers;
    this.#answerHeaders = answerHeaders;
    this.#onSettled = onSettled;
  }

  /** Bytes of the reply that its reader has not taken. */
  override get bytes(): number {
    return this.#unread;
  }

  /**
   * Gives the call more of its request, once it takes more; with `halfClose` that is all of it. Returns false where the reply
   * is over, and nobody reads. Throws ABORTED while another piece waits, and FAILED_PRECONDITION after the last one.
   */
  async send(chunk: Uint8Array, halfClose: boolean): Promise<boolean> {
    if (this.#wakeSender) throw new ConnectError("another Send of this session still waits", Code.Aborted);
    if (!this.#reading && !this.#over) await new Promise<void>(resolve => (this.#wakeSender = resolve));
    if (this.#over) return false;
    if (this.#halfClosed) throw new ConnectError("the request was half-closed before", Code.FailedPrecondition);
    this.#halfClosed = halfClose;
    if (chunk.length > 0) this.#listener?.received(chunk);
    if (halfClose) this.#listener?.receivedAll();
    return true;
  }

  /** Breaks the call off on behalf of its caller. */
  leave(reason: string): void {
    if (this.#over) return;
    this.#close({ kind: "broken", reason });
    this.#listener?.gone(new ConnectError(reason, Code.Canceled));
  }

  /** What the call writes, as it does, up to the end of the reply. To be iterated once. */
  async *events(): AsyncGenerator<TimedEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event) {
        yield event;
        if (event.kind === "body") this.#taken(event.bytes.length);
      } else if (this.#over) return;
      else await new Promise<void>(resolve => (this.#wakeReader = resolve));
    }
  }

  open(listener: ExchangeListener): void {
    this.#listener = listener;
    if (this.#over) listener.gone(new ConnectError("the caller has left", Code.Canceled));
  }

  read(): void {
    this.#reading = true;
    this.#wake();
  }

  pause(): void {
    this.#reading = false;
  }

  incomplete(kept: number): void {
    if (kept <= maxIncompleteBytes) return;
    const text = `more than ${maxIncompleteBytes} bytes of an incomplete message`;
    throw new ConnectError(text, Code.ResourceExhausted);
  }

  head(status: number, fields: Fields): void {
    this.#push({ kind: "head", status, fields: { ...this.#answerHeaders(), ...fields } });
  }

  headAlone(status: number, fields: Fields): void {
    this.head(status, fields);
    this.end(undefined);
  }

  reply(status: number, fields: Fields, body: Uint8Array): void {
    this.head(status, { ...fields, "content-length": String(body.length) });
    this.end(body);
  }

  write(bytes: Uint8Array): boolean {
    // Nobody asks for more: a handler that never waits would be asked for ever.
    if (this.#over) return false;
    if (bytes.length > 0) {
      this.#unread += bytes.length;
      // The lane may write into the same memory again.
      this.#push({ kind: "body", bytes: new Uint8Array(bytes) });
    }
    return this.#unread < highWaterBytes;
  }

  end(bytes: Uint8Array | undefined, trailers: Fields = {}): void {
    if (bytes) this.write(bytes);
    this.#close({ kind: "end", trailers });
  }

  destroy(): void {
    this.#close({ kind: "broken", reason: "the server broke the reply off" });
  }

  settled(): void {
    this.#onSettled();
  }

  #taken(bytes: number): void {
    const wasFull = this.#unread >= highWaterBytes;
    this.#unread -= bytes;
    if (!wasFull || this.#unread >= highWaterBytes) return;
    this.release();
    if (!this.#over) this.#listener?.drained();
  }

  #close(last: RelayEvent): void {
    if (this.#over) return;
    this.#push(last);
    this.#over = true;
    this.#wake();
  }

  #push(event: RelayEvent): void {
    this.#events.push({ ...event, at: performance.now() });
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  #wake(): void {
    const wake = this.#wakeSender;
    this.#wakeSender = undefined;
    wake?.();
  }
}
