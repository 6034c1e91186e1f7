import type { IncomingHttpHeaders } from "node:http";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorCode } from "../../http2/frames.ts";
import type { RequestHead } from "../../http2/request-head.ts";
import type { StreamEnd, StreamEvents } from "../../http2/stream-events.ts";
import { dateText } from "../../protocol/date-text.ts";
import type { Fields } from "../../protocol/metadata.ts";
import type { CallSource, RawRequest } from "../interceptors/call-source.ts";
import type { Exchange, ExchangeListener } from "./exchange.ts";
import { addFields, headerList, knownHead, knownTrailers } from "./header-list.ts";
import type { LaneConnection } from "./lane-connection.ts";
import { closedReason, resetReason } from "./reset-reason.ts";
import type { ServerStream } from "./server-stream.ts";

/** What an exchange may be given. */
export interface EngineExchangeOptions {
  /** Names a request. */
  readonly requestId: (headers: RequestHead["headers"]) => string;
  /** What is sent with each reply, too. */
  readonly answerHeaders?: ((source: CallSource) => Fields) | undefined;
  /** Hears of the status, and of the end, where Node's objects stand for the request as well. */
  readonly responded?: (status: number) => void;
  readonly closed?: (end: StreamEnd) => void;
}

const continueHead = Object.freeze([":status", "100"]);

/** A request and its reply over one of our engines, and the source of its call. */
export class EngineExchange implements Exchange, StreamEvents, CallSource {
  readonly client: LaneConnection;
  readonly #stream: ServerStream;
  readonly #request: RequestHead;
  readonly #options: EngineExchangeOptions;
  #listener: ExchangeListener | undefined = undefined;
  #ended = false;
  #id: string | undefined = undefined;

  constructor(stream: ServerStream, client: LaneConnection, options: EngineExchangeOptions) {
    this.#stream = stream;
    this.#request = stream.request;
    this.client = client;
    this.#options = options;
  }

  get id(): string {
    this.#id ??= this.#options.requestId(this.#request.headers);
    return this.#id;
  }
  get raw(): RawRequest {
    return new EngineRequest(this.#request, this.client);
  }
  get method() {
    return this.#request.method;
  }
  get path() {
    return this.#request.path;
  }
  get headers(): Fields {
    return this.#request.headers;
  }
  get url() {
    const { scheme, authority, path } = this.#request;
    return `${scheme}://${authority}${path}`;
  }

  open(listener: ExchangeListener): void {
    this.#listener = listener;
    this.#stream.listen(this);
    // Hooks of the host may have taken their time.
    if (this.#stream.isClosed) this.#gone(lostConnection());
  }

  read(): void {
    const stream = this.#stream;
    if (this.#request.headers.expect !== undefined && !stream.readEnded) stream.inform(continueHead);
    stream.resume();
  }

  pause(): void {
    this.#stream.pause();
  }

  incomplete(kept: number, missing: number): void {
    const stream = this.#stream;
    stream.release();
    if (kept > 0 && !stream.retain(kept)) {
      throw new ConnectError("too many bytes of incomplete messages on one connection", Code.ResourceExhausted);
    }
    stream.want(missing);
  }

  room(unfolds: boolean): Promise<void> | undefined {
    return this.client.room(unfolds);
  }

  unfolded(): void {
    this.client.unfolded();
  }

  head(status: number, fields: Fields): void {
    this.#respond(status, fields, undefined, false);
  }

  headAlone(status: number, fields: Fields): void {
    this.#ended = true;
    this.#respond(status, fields, undefined, true);
  }

  reply(status: number, fields: Fields, body: Uint8Array): void {
    this.#respond(status, fields, String(body.length), false);
    this.end(body);
  }

  #respond(status: number, fields: Fields, length: string | undefined, end: boolean): void {
    const { answerHeaders, responded } = this.#options;
    responded?.(status);
    const more: string[] = [];
    // Our engine for HTTP/1.1 tells both by itself.
    if (this.client.httpVersion === "2.0") {
      if (length !== undefined) more.push("content-length", length);
      more.push("date", dateText());
    }
    if (answerHeaders) addFields(more, answerHeaders(this), fields);
    this.#stream.respond(knownHead(status, fields) ?? headerList(status, fields), more, end);
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#stream;
    // Nobody asks for more, and soon is told why: a handler that never waits would be asked for ever.
    return stream.write(bytes) && !stream.isClosed;
  }

  end(bytes: Uint8Array | undefined, trailers?: Fields): void {
    this.#ended = true;
    this.#stream.end(bytes, trailers && (knownTrailers(trailers) ?? trailerList(trailers)));
  }

  destroy(): void {
    this.#ended = true;
    this.#stream.reset(ErrorCode.internalError);
  }

  settled(): void {
    this.#stream.settled();
  }

  data(chunk: Buffer): void {
    if (!this.#ended) this.#listener?.received(chunk);
  }

  ended(): void {
    if (!this.#ended) this.#listener?.receivedAll();
  }

  drained(): void {
    this.client.release();
    this.#listener?.drained();
  }

  closed(end: StreamEnd): void {
    this.#options.closed?.(end);
    this.client.release();
    if (this.#ended) this.#listener = undefined;
    else this.#gone(this.client.httpVersion === "1.1" ? closedReason() : reasonOf(end));
  }

  #gone(reason: ConnectError): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.gone(reason);
  }
}

/** A request as those see it who ask for what interceptors do not. */
class EngineRequest implements RawRequest {
  readonly #head: RequestHead;
  readonly socket: LaneConnection;

  constructor(head: RequestHead, client: LaneConnection) {
    this.#head = head;
    this.socket = client;
  }

  get method() {
    return this.#head.method;
  }
  get url() {
    return this.#head.path;
  }
  get httpVersion() {
    return this.socket.httpVersion;
  }
  get headers() {
    return this.#head.headers as IncomingHttpHeaders;
  }
  get rawHeaders() {
    return this.#head.rawHeaders;
  }
}

function trailerList(trailers: Fields): string[] {
  const list: string[] = [];
  addFields(list, trailers);
  return list;
}

function lostConnection(): ConnectError {
  return new ConnectError("the client's connection was lost", Code.Canceled);
}

function reasonOf({ by, code }: StreamEnd): ConnectError {
  return by === "connection" ? lostConnection() : resetReason(code);
}
