import { constants, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";
import type { FastifyReply } from "fastify";
import { drainBytes, type Exchange, type ExchangeListener } from "./exchange.ts";
import type { Fields } from "./metadata.ts";
import { resetReason } from "./reset-reason.ts";

/** How long a client may go on sending after its answer before the stream is reset with NO_ERROR (RFC 9113 section 8.1). */
const drainMs = 200;
/**
 * How long the end of an early answer waits for a body of a stated length. connect-go ends its body short when it has the
 * whole answer, and nghttp2 resets a stream of another length than stated with PROTOCOL_ERROR (RFC 9113 section 8.1.1).
 */
const statedBodyMs = 1000;
/** Fields that HTTP/2 forbids (RFC 9113 section 8.2.2): Node throws on them. */
const connectionFields = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"];
const withTrailers = { waitForTrailers: true };
const withoutTrailers = {};

const noReply = { getHeaders: () => ({}) as ReturnType<FastifyReply["getHeaders"]> };

function isEmpty(fields: Fields): boolean {
  for (const _ in fields) return false;
  return true;
}

function withoutConnectionFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !connectionFields.includes(name)));
}

/** An HTTP/2 stream. Writes to the stream itself: the compatibility layer's response costs as much again. */
export class Http2Exchange implements Exchange {
  readonly #request: Http2ServerRequest;
  readonly #response: Http2ServerResponse;
  readonly #stream: ServerHttp2Stream;
  #reply: Pick<FastifyReply, "getHeaders">;
  #listener: ExchangeListener | undefined;
  #reading = false;
  #requestEnded = false;
  #ended = false;
  #hasTrailers = false;
  #drained = 0;

  /** What hooks set on `reply` is sent, too. */
  constructor(
    request: Http2ServerRequest,
    response: Http2ServerResponse,
    reply: Pick<FastifyReply, "getHeaders"> = noReply,
  ) {
    this.#reply = reply;
    this.#request = request;
    this.#response = response;
    this.#stream = request.stream;
  }

  get method() {
    return this.#request.method;
  }
  get path() {
    return this.#request.url;
  }
  get headers() {
    return this.#request.headers as Fields;
  }
  get url() {
    const { headers, scheme, url } = this.#request;
    return `${scheme ?? "http"}://${headers[":authority"] ?? headers.host ?? "localhost"}${url}`;
  }

  open(listener: ExchangeListener): void {
    this.#listener = listener;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) this.#closed();
    else this.#response.on("close", () => this.#closed());
  }

  read(): void {
    if (this.#reading) {
      this.#stream.resume();
      return;
    }
    this.#reading = true;
    // An empty body ends without being read: nobody would be told a second time.
    if (this.#stream.readableEnded) {
      this.#receivedAll();
      return;
    }
    this.#stream.on("data", (chunk: Buffer) => this.#received(chunk));
    this.#stream.on("end", () => this.#receivedAll());
  }

  pause(): void {
    this.#stream.pause();
  }

  head(status: number, fields: Fields, trailers: boolean): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    this.#hasTrailers = trailers;
    let headers = fields;
    const hooked = this.#reply.getHeaders() as Fields;
    if (!isEmpty(hooked)) headers = { ...hooked, ...headers };
    if (connectionFields.some(name => name in headers)) headers = withoutConnectionFields(headers);
    if (status !== 200) {
      headers = { ...headers, ":status": String(status) };
      // For whoever logs what the response object says.
      this.#response.statusCode = status;
    }
    stream.respond(headers, trailers ? withTrailers : withoutTrailers);
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed || stream.write(bytes)) return true;
    stream.once("drain", () => this.#listener?.drained());
    return false;
  }

  end(bytes: Uint8Array | undefined, trailers?: Fields): void {
    this.#ended = true;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (trailers) this.#sendWhenAsked(trailers);
    if (!this.#requestEnded) this.read();
    if (this.#requestEnded || !this.#isShort()) this.#finish(bytes);
    else {
      if (bytes) stream.write(bytes);
      const timer = setTimeout(() => this.#finish(undefined), statedBodyMs).unref();
      stream.once("end", () => {
        clearTimeout(timer);
        this.#finish(undefined);
      });
    }
  }

  /** Whether the body has a stated length, and is soon read to its end. */
  #isShort(): boolean {
    return Number(this.#request.headers["content-length"] ?? Infinity) <= drainBytes;
  }

  #finish(bytes: Uint8Array | undefined): void {
    if (this.#stream.writableEnded || this.#stream.destroyed) return;
    if (!this.#requestEnded) this.#resetLater();
    this.#stream.end(bytes);
  }

  #sendWhenAsked(trailers: Fields): void {
    // Node's compatibility layer listens itself, and sends what its response holds; a second answer would throw.
    if (this.#stream.listenerCount("wantTrailers") > 0) this.#response.addTrailers(trailers as Record<string, string>);
    else this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(trailers));
  }

  destroy(): void {
    this.#ended = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  #receivedAll(): void {
    // Node ends the body of a stream that was reset, or lost, as if it were complete, just before the stream's close.
    if (this.#stream.closed || this.#stream.destroyed) return;
    this.#requestEnded = true;
    if (!this.#ended) this.#listener?.receivedAll();
  }

  #received(chunk: Uint8Array): void {
    if (!this.#ended) {
      this.#listener?.received(chunk);
      return;
    }
    this.#drained += chunk.length;
    if (this.#drained > drainBytes) this.#stream.pause();
  }

  /** Ends a request that outlives its answer. */
  #resetLater(): void {
    const stream = this.#stream;
    const timer = () => setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), drainMs).unref();
    // Not before the reply is out: a stream that is closed takes no trailers any more.
    if (this.#hasTrailers) stream.once("wantTrailers", timer);
    else stream.once("finish", timer);
  }

  #closed(): void {
    if (!this.#ended) this.#listener?.gone(resetReason(this.#stream.rstCode ?? constants.NGHTTP2_CANCEL));
    // A dead stream may stay in memory until the next full collection, and must not keep all of its call there.
    this.#listener = undefined;
    this.#reply = noReply;
  }
}
