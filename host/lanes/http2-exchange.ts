import { constants, type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";
import type { Fields } from "../../protocol/metadata.ts";
import { endRequestLater, HeldReply } from "./early-reply.ts";
import { drainBytes, type Exchange, type ExchangeListener } from "./exchange.ts";
import { addFields, headerList } from "./header-list.ts";
import { NodeExchange } from "./node-exchange.ts";
import { lightReplyBytes, type ReplyOwner, ReplyWriter } from "./reply-writer.ts";
import { resetReason } from "./reset-reason.ts";
import { listenTo, type StreamListener } from "./stream-listener.ts";
import type { NodeAccount, UnsentReplies } from "./unsent-replies.ts";

const withTrailers = { waitForTrailers: true };
const withoutTrailers = {};
const withoutBody = { endStream: true };

/** What an exchange may be given. */
export interface Http2ExchangeOptions {
  /** What is sent with each answer, too. */
  readonly answerHeaders?: () => Fields;
  /** Node's own response, where the host saw the request: it listens to the same stream. */
  readonly response?: Pick<Http2ServerResponse, "statusCode" | "addTrailers">;
}

/** An HTTP/2 stream. Writes to the stream itself: the response of Node's compatibility layer costs as much again. */
export class Http2Exchange extends NodeExchange implements Exchange, ReplyOwner, StreamListener {
  readonly #stream: ServerHttp2Stream;
  readonly #answerHeaders: (() => Fields) | undefined;
  readonly #response: Http2ExchangeOptions["response"];
  readonly headers: Fields;
  #listener: ExchangeListener | undefined;
  /** Made for replies that are worth an account. */
  #writer: ReplyWriter | undefined;
  #reading = false;
  /** Whether the stream tells when it has room again: from the first time it has none. */
  #waitsForRoom = false;
  #requestEnded = false;
  #ended = false;
  #trailers: Fields | undefined;
  #hasTrailers = false;
  #drained = 0;
  /** What is to be sent once the request is there. */
  #held: HeldReply | undefined;

  constructor(stream: ServerHttp2Stream, headers: Fields, { answerHeaders, response }: Http2ExchangeOptions = {}) {
    super();
    this.#stream = stream;
    this.headers = headers;
    this.#answerHeaders = answerHeaders;
    this.#response = response;
  }

  get method() {
    return String(this.headers[":method"]);
  }
  get path() {
    return String(this.headers[":path"]);
  }
  get url() {
    const { ":scheme": scheme = "http", ":authority": authority, host = "localhost", ":path": path } = this.headers;
    return `${scheme}://${authority ?? host}${path}`;
  }

  get account(): NodeAccount {
    return this.replies.accountOf(this.#stream.session ?? this.#stream);
  }

  open(listener: ExchangeListener, replies: UnsentReplies): void {
    this.#listener = listener;
    const stream = this.#stream;
    this.replies = replies;
    if (stream.destroyed || stream.closed) {
      this.closed();
      return;
    }
    listenTo(stream, this, "close");
  }

  read(): void {
    const stream = this.#stream;
    if (this.#reading) {
      stream.resume();
      return;
    }
    this.#reading = true;
    // An empty body ends without being read: nobody would be told a second time.
    if (stream.readableEnded) {
      this.receivedAll();
      return;
    }
    listenTo(stream, this, "data", "end");
  }

  pause(): void {
    this.#stream.pause();
  }

  head(status: number, fields: Fields, trailers: boolean): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    this.#hasTrailers = trailers;
    if (!this.#requestEnded && this.#isShort()) this.#held = new HeldReply(() => this.#release());
    const options = trailers ? withTrailers : withoutTrailers;
    if (this.#held) {
      const settled = { ...fields };
      this.#held.add(() => this.#respond(status, settled, options));
    } else this.#respond(status, fields, options);
  }

  reply(status: number, fields: Fields, body: Uint8Array): void {
    this.head(status, { ...fields, "content-length": String(body.length) }, false);
    this.end(body);
  }

  headAlone(status: number, fields: Fields): void {
    this.#ended = true;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (!this.#requestEnded) {
      if (this.#isShort()) this.#held = new HeldReply(() => this.#release());
      this.read();
    }
    if (this.#held) this.#held.add(() => this.#respondAlone(status, fields));
    else this.#respondAlone(status, fields);
  }

  #respondAlone(status: number, fields: Fields): void {
    if (!this.#requestEnded) endRequestLater(this.#stream, this.#hasTrailers);
    this.#respond(status, fields, withoutBody);
  }

  #respond(status: number, fields: Fields, options: Parameters<ServerHttp2Stream["respond"]>[1]): void {
    // For whoever logs what the response object says.
    if (this.#response) this.#response.statusCode = status;
    const headers = headerList(status, fields);
    if (this.#answerHeaders) addFields(headers, this.#answerHeaders(), fields);
    this.#stream.respond(headers, options);
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#stream;
    if (this.#held) {
      this.#held.add(() => this.#writerOf().write(bytes));
      return false;
    }
    // Nobody asks for more, and soon is told why: a handler that never waits would be asked for ever.
    if (stream.destroyed || stream.closed) return false;
    if (this.#writerOf().write(bytes)) return true;
    if (!this.#waitsForRoom) {
      this.#waitsForRoom = true;
      listenTo(stream, this, "drain");
    }
    return false;
  }

  end(bytes: Uint8Array | undefined, trailers?: Fields): void {
    this.#ended = true;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (!this.#requestEnded) this.read();
    if (this.#held) this.#held.add(() => this.#finish(bytes, trailers));
    else this.#finish(bytes, trailers);
  }

  #finish(bytes: Uint8Array | undefined, trailers?: Fields): void {
    if (trailers) this.#sendWhenAsked(trailers);
    if (!this.#requestEnded) endRequestLater(this.#stream, this.#hasTrailers);
    if (this.#writer || (bytes && bytes.length > lightReplyBytes)) this.#writerOf().end(bytes);
    else this.#stream.end(bytes);
  }

  #writerOf(): ReplyWriter {
    this.#writer ??= new ReplyWriter(this.#stream, this.replies, this.account, this);
    return this.#writer;
  }

  /** Whether the body has a stated length, and is soon read to its end. */
  #isShort(): boolean {
    return Number(this.headers["content-length"] ?? Infinity) <= drainBytes;
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    const isOpen = !this.#stream.destroyed && !this.#stream.closed;
    held?.release(isOpen);
    if (isOpen) this.drained();
  }

  #sendWhenAsked(trailers: Fields): void {
    if (this.#response) {
      // It listens itself, and sends what it holds; a second answer would throw.
      this.#response.addTrailers(trailers as Record<string, string>);
      return;
    }
    this.#trailers = trailers;
    listenTo(this.#stream, this, "wantTrailers");
  }

  destroy(): void {
    this.#ended = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Ends a reply that its client does not read. */
  cut(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // What is not sent is held until the reset is, unless it is thrown away.
    this.#stream.destroy();
  }

  peer(): string {
    const { remoteAddress, remotePort } = this.#stream.session?.socket ?? {};
    return `${remoteAddress}:${remotePort}`;
  }

  receivedAll(): void {
    // Node ends the body of a stream that was reset, or lost, as if it were complete, just before the stream's close.
    if (this.#stream.closed || this.#stream.destroyed) return;
    this.#requestEnded = true;
    if (this.#held) this.#release();
    if (!this.#ended) this.#listener?.receivedAll();
  }

  received(chunk: Uint8Array): void {
    if (!this.#ended) {
      this.#listener?.received(chunk);
      return;
    }
    this.#drained += chunk.length;
    if (this.#drained > drainBytes) this.#stream.pause();
  }

  drained(): void {
    if (!this.#writer?.full) this.#listener?.drained();
  }

  trailersWanted(): void {
    this.#stream.sendTrailers(this.#trailers ?? {});
  }

  closed(): void {
    this.#writer?.closed();
    if (this.#held) this.#release();
    const { rstCode = constants.NGHTTP2_CANCEL, errored } = this.#stream;
    if (!this.#ended) this.#listener?.gone(resetReason(rstCode, errored));
    this.#listener = undefined;
  }
}
