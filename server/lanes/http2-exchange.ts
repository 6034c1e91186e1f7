import { constants, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";
import type { FastifyReply } from "fastify";
import { drainBytes, type Exchange, type ExchangeListener } from "./exchange.ts";
import type { Fields } from "./metadata.ts";
import { resetReason } from "./reset-reason.ts";

/** How long a client may go on sending after its answer before the stream is reset with NO_ERROR (RFC 9113 section 8.1). */
const drainMs = 200;
/** Fields that HTTP/2 forbids (RFC 9113 section 8.2.2): Node throws on them. */
const connectionFields = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"];
const withTrailers = { waitForTrailers: true };
const withoutTrailers = {};

/** An HTTP/2 stream. Writes to the stream itself: the compatibility layer's response costs as much again. */
export class Http2Exchange implements Exchange {
  readonly #request: Http2ServerRequest;
  readonly #response: Http2ServerResponse;
  readonly #stream: ServerHttp2Stream;
  readonly #reply: Pick<FastifyReply, "getHeaders">;
  #listener: ExchangeListener | undefined;
  #reading = false;
  #requestEnded = false;
  #ended = false;
  #hasTrailers = false;
  #drained = 0;

  constructor(request: Http2ServerRequest, response: Http2ServerResponse, reply: Pick<FastifyReply, "getHeaders">) {
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
    else stream.on("close", () => this.#closed());
  }

  read(): void {
    if (this.#reading) {
      this.#stream.resume();
      return;
    }
    this.#reading = true;
    this.#stream.on("data", (chunk: Buffer) => this.#received(chunk));
    this.#stream.on("end", () => {
      this.#requestEnded = true;
      if (!this.#ended) this.#listener?.receivedAll();
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  head(status: number, fields: Fields, trailers: boolean): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    this.#hasTrailers = trailers;
    const headers: Fields = { ...(this.#reply.getHeaders() as Fields), ...fields, ":status": String(status) };
    for (const name of connectionFields) delete headers[name];
    // For whoever logs what the compatibility layer's response says.
    if (status !== 200) this.#response.statusCode = status;
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
    // The compatibility layer's own listener sends these when the body is out.
    if (trailers) this.#response.addTrailers(trailers as Record<string, string>);
    stream.end(bytes);
    if (!this.#requestEnded) this.#drain();
  }

  destroy(): void {
    this.#ended = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  #received(chunk: Uint8Array): void {
    if (!this.#ended) {
      this.#listener?.received(chunk);
      return;
    }
    this.#drained += chunk.length;
    if (this.#drained > drainBytes) this.#stream.pause();
  }

  #drain(): void {
    const stream = this.#stream;
    this.read();
    const timer = () => setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), drainMs).unref();
    // Not before the reply is out: a stream that is closed takes no trailers any more.
    if (this.#hasTrailers) stream.once("wantTrailers", timer);
    else stream.once("finish", timer);
  }

  #closed(): void {
    if (!this.#ended) this.#listener?.gone(resetReason(this.#stream.rstCode ?? constants.NGHTTP2_CANCEL));
  }
}
