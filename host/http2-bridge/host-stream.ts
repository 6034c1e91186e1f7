import type { OutgoingHttpHeaders } from "node:http";
import { Duplex } from "node:stream";
import { ErrorCode } from "../../http2/frames.ts";
import type { Trailers } from "../../http2/message-fields.ts";
import type { RequestHead } from "../../http2/request-head.ts";
import type { Stream } from "../../http2/stream.ts";
import type { StreamEnd } from "../../http2/stream-events.ts";
import { dateText } from "../../protocol/date-text.ts";
import type { ClientConnection } from "../interceptors/call-source.ts";
import { fieldList } from "./field-list.ts";

/** A stream of the engine, with its request. */
export type BridgedStream = Stream & { readonly request: RequestHead };

/** What `respond` may be told, as Node's has it. */
interface RespondOptions {
  readonly endStream?: boolean;
  readonly waitForTrailers?: boolean;
  readonly sendDate?: boolean;
}

type Done = (error?: Error | null) => void;

/** Statuses whose responses have no body (RFC 9110 section 6.4.1). */
const bodiless = new Set([204, 205, 304]);

const continueHead = Object.freeze([":status", "100"]);

/**
 * A stream of our engine with the public face of Node's `ServerHttp2Stream`, as far as Node's request and response, Fastify and
 * its plugins look at it. Has no `session`: what they ask of its socket is here.
 *
 * A head is sent with the first bytes of the body, or with its end: a response without a body is one frame.
 */
export class HostStream extends Duplex {
  /** The connection, for those who know of our engine. */
  readonly client: ClientConnection;
  readonly session = undefined;
  readonly pushAllowed = false;
  readonly headRequest: boolean;
  /** How the stream ended, by the codes of RFC 9113 section 7; undefined until it has. */
  rstCode: number | undefined = undefined;
  /** Whether nothing comes or goes any more. Where Node's streams have a getter, Node's HTTP/2 streams have their own, too. */
  override closed = false;
  /** Whether it ended before the response was complete. */
  aborted = false;
  readonly #stream: BridgedStream;
  #head: readonly string[] | undefined = undefined;
  #isHeadSent = false;
  #hasBody = true;
  #waitsForTrailers = false;
  #trailers: readonly string[] | undefined = undefined;
  #isRead = false;
  #isTaken = false;
  /** What waits until there is room to write. */
  #onRoom: Done | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(stream: BridgedStream, client: ClientConnection) {
    super({ autoDestroy: false });
    this.#stream = stream;
    this.client = client;
    this.headRequest = stream.request.method === "HEAD";
    stream.listen({
      data: chunk => this.#received(chunk),
      ended: trailers => this.#receivedAll(trailers),
      drained: () => this.#onDrained(),
      closed: end => {
        stream.settled();
        this.over(end);
      },
    });
  }

  get id(): number {
    return this.#stream.id;
  }
  get headersSent(): boolean {
    return this.#isHeadSent;
  }
  get endAfterHeaders(): boolean {
    return this.#stream.readEnded;
  }
  get remoteAddress(): string | undefined {
    return this.client.remoteAddress;
  }
  get remotePort(): number | undefined {
    return this.client.remotePort;
  }
  get encrypted(): boolean {
    return this.client.encrypted;
  }

  /** Hands the stream to whoever serves it without Node's objects; they tell `over` of its end, and nothing else. */
  handOver(): BridgedStream {
    this.#isTaken = true;
    return this.#stream;
  }

  /** Takes note of a head that was sent past this object. */
  responded(): void {
    this.#isHeadSent = true;
  }

  /** Throws a TypeError where a field is none that HTTP/2 may carry, and where a head was given before. */
  respond(headers: OutgoingHttpHeaders, options: RespondOptions = {}): void {
    if (this.destroyed || this.closed) return;
    if (this.#isHeadSent) throw new Error("a response has one head");
    const { ":status": status = 200, ...fields } = headers;
    const list = [":status", String(status), ...fieldList(fields)];
    if (options.sendDate !== false && fields.date === undefined) list.push("date", dateText());
    this.#isHeadSent = true;
    this.#hasBody = !this.headRequest && !bodiless.has(Number(status));
    this.#waitsForTrailers = options.waitForTrailers === true;
    this.#head = list;
    if (options.endStream) {
      this.#sendHead(true);
      this.end();
    } else process.nextTick(() => this.#sendHead(false));
  }

  #sendHead(end: boolean): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) this.#stream.respond(head, undefined, end);
  }

  /** Sends an informational head. */
  additionalHeaders(headers: OutgoingHttpHeaders): void {
    const { ":status": status = 100, ...fields } = headers;
    this.#stream.inform([":status", String(status), ...fieldList(fields)]);
  }

  /** To be called in answer to `wantTrailers`. */
  sendTrailers(trailers: OutgoingHttpHeaders): void {
    this.#trailers = fieldList(trailers);
  }

  /** Ends the stream, gracefully by default, or resets it with another code. */
  close(code: number = ErrorCode.noError, callback?: () => void): void {
    if (callback) this.once("close", callback);
    if (this.closed) return;
    if (code === ErrorCode.noError) this.end();
    else this.#stream.reset(code);
  }

  pushStream(): never {
    throw new Error("this server pushes nothing");
  }

  /** Has `timeout` told after so much time without reading or writing; 0 for never. */
  setTimeout(ms: number, callback?: () => void): this {
    if (callback) this.once("timeout", callback);
    clearTimeout(this.#timer);
    this.#timer = ms > 0 && !this.closed ? setTimeout(() => this.emit("timeout"), ms).unref() : undefined;
    return this;
  }

  override _read(): void {
    if (!this.#isRead) {
      this.#isRead = true;
      if (this.#stream.request.headers.expect !== undefined && !this.#isHeadSent) this.#stream.inform(continueHead);
    }
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#timer?.refresh();
    if (!this.#hasBody) {
      done();
      return;
    }
    this.#sendHead(false);
    if (this.#stream.write(chunk)) done();
    else this.#onRoom = done;
  }

  override _final(done: Done): void {
    if (this.#isTaken) {
      done();
      return;
    }
    if (this.#waitsForTrailers) this.emit("wantTrailers");
    const trailers = this.#trailers?.length ? this.#trailers : undefined;
    if (this.#head !== undefined && trailers === undefined) this.#sendHead(true);
    else {
      this.#sendHead(false);
      this.#stream.end(undefined, trailers);
    }
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer);
    // Without an end the client must not take what it has for all there is.
    if (!this.closed) this.#stream.reset(error ? ErrorCode.internalError : ErrorCode.cancel);
    const waiting = this.#onRoom;
    this.#onRoom = undefined;
    // By this code handlers of Connect's know that their client has left.
    waiting?.(error ?? Object.assign(new Error("the stream is closed"), { code: "ERR_STREAM_DESTROYED" }));
    done(error);
  }

  #received(chunk: Buffer): void {
    this.#timer?.refresh();
    if (!this.push(chunk)) this.#stream.pause();
  }

  #receivedAll(trailers: Trailers | undefined): void {
    if (trailers) this.emit("trailers", trailers.headers, 0, trailers.rawHeaders);
    this.push(null);
  }

  #onDrained(): void {
    const waiting = this.#onRoom;
    this.#onRoom = undefined;
    waiting?.();
  }

  /** The stream has ended: tells Node's objects so, once what was written is told as finished. */
  over({ by, code }: StreamEnd): void {
    this.closed = true;
    this.rstCode = by === "connection" ? ErrorCode.cancel : code;
    if (by === "finished" && !this.writableFinished && !this.#isTaken) {
      this.once("finish", () => this.destroy());
      return;
    }
    if (by !== "finished" && !this.writableEnded) {
      this.aborted = true;
      this.emit("aborted");
    }
    this.destroy();
  }
}
