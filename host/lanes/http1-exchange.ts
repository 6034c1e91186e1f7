import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Fields } from "../../protocol/metadata.ts";
import { drainBytes, type Exchange, type ExchangeListener } from "./exchange.ts";
import { NodeExchange } from "./node-exchange.ts";
import { type ReplyOwner, ReplyWriter } from "./reply-writer.ts";
import { closedReason } from "./reset-reason.ts";
import type { NodeAccount, UnsentReplies } from "./unsent-replies.ts";

/** How long a client may go on sending after its answer. HTTP/1.1 can only cut it off, and the answer may be lost with that. */
const drainMs = 5_000;

/** Up to here copying a body into a string is cheaper than a second buffer to write. */
const singleWriteBytes = 16 * 1024;

/** An answer's own fields over those that hooks set; `Vary` says what both do. */
function overHeaders(set: Fields, own: Fields): Fields {
  const fields = { ...set, ...own };
  if (set.vary !== undefined && own.vary !== undefined) fields.vary = [set.vary, own.vary].flat().join(", ");
  return fields;
}

function ignoreError(): void {}

/** An HTTP/1.1 request; trailers go out in the chunked encoding (RFC 9112 section 7.1.2). */
export class Http1Exchange extends NodeExchange implements Exchange, ReplyOwner {
  readonly #request: IncomingMessage;
  /** Node takes it from a request that its reader gave up. */
  readonly #socket: Socket;
  readonly #response: ServerResponse;
  readonly #answerHeaders: (() => Fields) | undefined;
  #listener: ExchangeListener | undefined;
  /** Made for replies that are worth an account. */
  #writer: ReplyWriter | undefined;
  /** Whether the response tells when it has room again: from the first time it has none. */
  #waitsForRoom = false;
  #reading = false;
  #requestEnded = false;
  #ended = false;
  #drained = 0;
  #head: { readonly status: number; readonly fields: Fields } | undefined;

  /** What `answerHeaders` tells is sent, too. */
  constructor(request: IncomingMessage, response: ServerResponse, answerHeaders?: () => Fields) {
    super();
    this.#answerHeaders = answerHeaders;
    this.#request = request;
    this.#socket = request.socket;
    this.#response = response;
  }

  get method() {
    return this.#request.method ?? "";
  }
  get path() {
    return this.#request.url ?? "";
  }
  get headers() {
    return this.#request.headers as Fields;
  }
  get url() {
    const { headers, url } = this.#request;
    const scheme = "encrypted" in this.#socket && this.#socket.encrypted ? "https" : "http";
    return `${scheme}://${headers.host ?? "localhost"}${url}`;
  }

  get account(): NodeAccount {
    return this.replies.accountOf(this.#socket);
  }

  open(listener: ExchangeListener, replies: UnsentReplies): void {
    this.#listener = listener;
    this.replies = replies;
    if (this.#response.destroyed) {
      this.#closed();
      return;
    }
    this.#response.on("close", () => this.#closed());
    // A client that leaves is no error of ours, and `close` tells of it.
    this.#response.on("error", ignoreError);
  }

  read(): void {
    if (this.#reading) {
      this.#request.resume();
      return;
    }
    this.#reading = true;
    this.#request.on("data", chunk => this.#received(chunk));
    this.#request.on("end", () => {
      this.#requestEnded = true;
      if (!this.#ended) this.#listener?.receivedAll();
    });
  }

  pause(): void {
    this.#request.pause();
  }

  head(status: number, fields: Fields): void {
    // It may go out later, and the fields may change until then.
    this.#head = { status, fields: { ...fields } };
  }

  reply(status: number, fields: Fields, body: Uint8Array): void {
    this.#head = { status, fields };
    this.end(body);
  }

  headAlone(status: number, fields: Fields): void {
    this.head(status, fields);
    this.end(undefined);
  }

  write(bytes: Uint8Array): boolean {
    const response = this.#response;
    // Nobody asks for more, and soon is told why: a handler that never waits would be asked for ever.
    if (response.destroyed) return false;
    this.#sendHead();
    // Headers alone are held back until there is a body, unless they are flushed.
    if (bytes.length === 0) response.flushHeaders();
    else if (!this.#writerOf().write(bytes)) {
      if (!this.#waitsForRoom) {
        this.#waitsForRoom = true;
        response.on("drain", () => this.drained());
      }
      return false;
    }
    return true;
  }

  end(bytes: Uint8Array | undefined, trailers?: Fields): void {
    this.#ended = true;
    const response = this.#response;
    if (response.destroyed) return;
    if (this.#head && !trailers && bytes) this.#endWhole(bytes);
    else {
      this.#sendHead();
      if (trailers) response.addTrailers(trailers as Record<string, string>);
      this.#writerOf().end(bytes);
    }
    if (!this.#requestEnded && !this.#request.complete) this.#drain();
  }

  /** A reply that is all there needs no chunks, and as a string it shares one write with its headers. */
  #endWhole(bytes: Uint8Array): void {
    this.#sendHead(bytes.length);
    if (bytes.length > singleWriteBytes) this.#writerOf().end(bytes);
    else this.#response.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"), "latin1");
  }

  #sendHead(length?: number): void {
    if (!this.#head) return;
    const { status, fields } = this.#head;
    this.#head = undefined;
    const headers = overHeaders(this.#answerHeaders?.() ?? {}, fields);
    if (length !== undefined) headers["content-length"] = String(length);
    this.#response.writeHead(status, headers as OutgoingHttpHeaders);
  }

  destroy(): void {
    this.#ended = true;
    this.#request.destroy();
  }

  #received(chunk: Uint8Array): void {
    if (!this.#ended) {
      this.#listener?.received(chunk);
      return;
    }
    this.#drained += chunk.length;
    if (this.#drained > drainBytes) this.#request.destroy();
  }

  #drain(): void {
    const timer = setTimeout(() => this.#request.destroy(), drainMs).unref();
    this.#request.once("close", () => clearTimeout(timer));
    this.read();
  }

  #writerOf(): ReplyWriter {
    this.#writer ??= new ReplyWriter(this.#response, this.replies, this.account, this);
    return this.#writer;
  }

  drained(): void {
    if (!this.#writer?.full) this.#listener?.drained();
  }

  /** Ends a reply that its client does not read. */
  cut(): void {
    this.#response.destroy();
  }

  peer(): string {
    const { remoteAddress, remotePort } = this.#socket;
    return `${remoteAddress}:${remotePort}`;
  }

  #closed(): void {
    this.#writer?.closed();
    if (!this.#ended) this.#listener?.gone(closedReason());
  }
}
