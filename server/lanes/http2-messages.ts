import { EventEmitter } from "node:events";
import {
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";

/** Content types that only calls have. JSON is not among them: any route may take it. */
const callContentType = /^application\/(grpc|proto$|connect\+)/i;

const requestOf = Symbol("request");
const responseOf = Symbol("response");

/**
 * A stream knows its call until it is closed, and not longer: Node keeps a dead stream in memory until the next
 * collection of the whole heap. Listeners are therefore functions that hold nothing.
 */
type CallStream = ServerHttp2Stream & {
  [requestOf]?: CallRequest | undefined;
  [responseOf]?: CallResponse | undefined;
};

/** A failing stream tells its call by `close`. */
function ignoreError(): void {}

function tellClosed(this: CallStream): void {
  const { [requestOf]: request, [responseOf]: response } = this;
  this[requestOf] = undefined;
  this[responseOf] = undefined;
  request?.emit("close");
  response?.emit("finish");
  response?.emit("close");
}

/**
 * The request of a call as Fastify needs to see it. Node's own is a second stream on top of the HTTP/2 stream, with
 * a dozen listeners between the two; the lane reads the HTTP/2 stream itself.
 */
class CallRequest extends EventEmitter {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    super();
    this.stream = stream;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
  }

  get method() {
    return this.headers[":method"];
  }
  get url() {
    return this.headers[":path"];
  }
  get authority() {
    return this.headers[":authority"];
  }
  get scheme() {
    return this.headers[":scheme"];
  }
  get socket() {
    return this.stream.session?.socket;
  }
  get aborted() {
    return this.stream.aborted;
  }
  get complete() {
    return this.stream.readableEnded || this.stream.aborted || this.destroyed;
  }
  get destroyed() {
    return this.stream.destroyed;
  }
  /** The body, for whoever reads it in place of the lane. Who stops half-way may still answer. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.stream.iterator({ destroyOnReturn: false });
  }
  resume(): this {
    this.stream.resume();
    return this;
  }
  pause(): this {
    this.stream.pause();
    return this;
  }
  destroy(error?: Error): this {
    this.stream.destroy(error);
    return this;
  }
}

/** The response of a call: enough of it for Fastify to refuse the call, and for Connect's own plugin to answer it. */
class CallResponse extends EventEmitter {
  readonly stream: ServerHttp2Stream;
  statusCode = 200;
  statusMessage = "";
  readonly sendDate = true;
  #headers: OutgoingHttpHeaders | undefined;
  #trailers: OutgoingHttpHeaders | undefined;

  constructor(stream: CallStream) {
    super();
    this.stream = stream;
    stream[responseOf] = this;
    stream.on("error", ignoreError);
    stream.on("close", tellClosed);
  }

  get req() {
    return (this.stream as CallStream)[requestOf];
  }
  get socket() {
    return this.stream.session?.socket;
  }
  get headersSent() {
    return this.stream.headersSent;
  }
  get writableEnded() {
    return this.stream.writableEnded;
  }
  get finished() {
    return this.stream.writableEnded;
  }
  get writable() {
    return this.stream.writable;
  }
  get destroyed() {
    return this.stream.destroyed;
  }
  getHeaders(): OutgoingHttpHeaders {
    return { ...this.#headers };
  }
  getHeaderNames(): string[] {
    return Object.keys(this.#headers ?? {});
  }
  getHeader(name: string) {
    return this.#headers?.[name.toLowerCase()];
  }
  hasHeader(name: string): boolean {
    return this.getHeader(name) !== undefined;
  }
  setHeader(name: string, value: string | number | string[]): this {
    this.#headers ??= {};
    this.#headers[name.toLowerCase()] = value;
    return this;
  }
  removeHeader(name: string): void {
    delete this.#headers?.[name.toLowerCase()];
  }
  addTrailers(trailers: OutgoingHttpHeaders): void {
    this.#trailers = { ...this.#trailers, ...trailers };
  }
  setTrailer(name: string, value: string): void {
    this.addTrailers({ [name.toLowerCase()]: value });
  }
  writeContinue(): boolean {
    if (this.headersSent || this.destroyed) return false;
    this.stream.additionalHeaders({ ":status": 100 });
    return true;
  }
  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
  }
  writeHead(status: number, ...rest: unknown[]): this {
    this.statusCode = status;
    if (this.headersSent || this.destroyed) return this;
    for (const [name, value] of Object.entries((rest.at(-1) ?? {}) as Record<string, string>))
      this.setHeader(name, value);
    const { connection: _, ...headers } = this.#headers ?? {};
    // Trailers may be added until the body is out.
    this.stream.once("wantTrailers", () => this.stream.sendTrailers(this.#trailers ?? {}));
    this.stream.respond({ ...headers, ":status": status }, { waitForTrailers: true });
    return this;
  }
  write(chunk: string | Uint8Array, ...rest: never[]): boolean {
    this.flushHeaders();
    if (this.stream.write(chunk, ...rest)) return true;
    this.stream.once("drain", () => this.emit("drain"));
    return false;
  }
  end(...chunk: never[]): this {
    if (this.destroyed) return this;
    this.flushHeaders();
    this.stream.end(...chunk);
    return this;
  }
  setTimeout(ms: number, callback?: () => void): this {
    this.stream.setTimeout(ms, callback);
    return this;
  }
  destroy(error?: Error): this {
    this.stream.destroy(error);
    return this;
  }
}

/** Called with `new`, and answers Node's own object for whatever is not a call. */
function createRequest(
  stream: CallStream,
  headers: IncomingHttpHeaders,
  options: never,
  rawHeaders: readonly string[],
): CallRequest | Http2ServerRequest {
  if (headers[":method"] !== "POST" || !callContentType.test(headers["content-type"] ?? "")) {
    return new Http2ServerRequest(stream, headers, options, rawHeaders);
  }
  const request = new CallRequest(stream, headers, rawHeaders);
  stream[requestOf] = request;
  return request;
}

function createResponse(stream: CallStream): CallResponse | Http2ServerResponse {
  return stream[requestOf] ? new CallResponse(stream) : new Http2ServerResponse(stream);
}

/**
 * For `http2.createServer`, beside the other options: calls come with request and response objects that cost a fraction
 * of Node's. The wire lane works with both; without these options each gRPC call takes about a seventh longer.
 */
export const callMessages: Pick<ServerOptions, "Http2ServerRequest" | "Http2ServerResponse"> = {
  Http2ServerRequest: createRequest as unknown as typeof Http2ServerRequest,
  Http2ServerResponse: createResponse as unknown as typeof Http2ServerResponse,
};
