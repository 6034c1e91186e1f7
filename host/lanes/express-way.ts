import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type * as http2 from "node:http2";
import { carries, parseContentType, type WireFormat } from "../../protocol/wire-format.ts";
import type { CallSource, RawRequest } from "../interceptors/call-source.ts";
import type { CallScope } from "./call-scope.ts";
import { createCall } from "./create-call.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { Begin, Express, ExpressOptions } from "./lane.ts";
import { hasOneHost } from "./one-host.ts";
import type { Rpc } from "./rpc.ts";
import { StreamRequest } from "./stream-request.ts";

/**
 * Answers calls ahead of the host: its routing, request, reply and hooks cost several microseconds a call. What the
 * host's hooks do for such a call must be done in the gate or the chain.
 *
 * Those hooks guard against browsers (CORS, Host, security headers), and no browser sends what is taken here: POST
 * without `Origin`, and what `findOther` finds without `Sec-Fetch-Site`. All else is the host's: unknown paths, wrong
 * methods and types, Connect's GET, and bidi over HTTP/1.1.
 */
export class ExpressWay implements Express {
  readonly #rpcs = new Map<string, Rpc>();
  #scope!: CallScope;
  #options!: ExpressOptions;

  /** Starts to take calls of these RPCs. */
  open(scope: CallScope, options: ExpressOptions, rpcs: readonly Rpc[]): void {
    this.#scope = scope;
    this.#options = options;
    for (const rpc of rpcs) this.#rpcs.set(rpc.path, rpc);
  }

  close(): void {
    this.#rpcs.clear();
    this.#options = { ...this.#options, findOther: undefined };
  }

  takeRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const rpc = this.#rpcs.get(request.url ?? "");
    // Over HTTP/1.1 bidi would wait for ever for its answers: the host says so.
    if (rpc?.spec.kind === "bidi_streaming") return false;
    const begin = this.#find(rpc, request);
    if (begin === undefined || !hasOneHost(request.rawHeaders)) return false;
    const source = this.#sourceOf(request);
    begin(new Http1Exchange(request, response, this.#headersOf(source)), source);
    return true;
  }

  takeStream(
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): boolean {
    const rpc = this.#rpcs.get(headers[":path"] ?? "");
    if (rpc === undefined && this.#options.findOther === undefined) return false;
    const request = new StreamRequest(stream, headers, rawHeaders);
    const begin = this.#find(rpc, request);
    if (begin === undefined) return false;
    const source = this.#sourceOf(request);
    begin(new Http2Exchange(stream, headers, { answerHeaders: this.#headersOf(source) }), source);
    return true;
  }

  /** The call that may be taken; undefined where the request is the host's. */
  #find(rpc: Rpc | undefined, request: RawRequest): Begin | undefined {
    const { findOther } = this.#options;
    if (rpc === undefined) return findOther && !this.#isOfHost(request.headers) ? findOther(request) : undefined;
    const format = this.#formatOf(rpc, request);
    if (format === undefined) return undefined;
    return (exchange, source) => createCall({ rpc, scope: this.#scope, format, exchange, source }).start();
  }

  /** The format of a call that may be taken; undefined where the request is the host's. */
  #formatOf(rpc: Rpc, { method, headers }: RawRequest): WireFormat | undefined {
    if (method !== "POST" || this.#isOfHost(headers)) return undefined;
    const format = parseContentType(headers["content-type"] ?? "");
    return format && carries(format, rpc) ? format : undefined;
  }

  /** By fields that only browsers send, one of them with every POST, and by the host's own rule. */
  #isOfHost(headers: IncomingHttpHeaders): boolean {
    const { accepts } = this.#options;
    if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) return true;
    return accepts !== undefined && !accepts(headers);
  }

  #sourceOf(request: RawRequest): CallSource {
    return new ExpressSource(request, this.#options.requestId);
  }

  #headersOf(source: CallSource): () => Record<string, string> {
    return () => this.#options.answerHeaders?.(source) ?? {};
  }
}

/** Stands for the host's request. Its id is made when it is first asked for. */
class ExpressSource implements CallSource {
  readonly raw: RawRequest;
  readonly #requestId: ExpressOptions["requestId"];
  #id: string | undefined;

  constructor(request: RawRequest, requestId: ExpressOptions["requestId"]) {
    this.raw = request;
    this.#requestId = requestId;
  }

  get id(): string {
    this.#id ??= this.#requestId(this.raw.headers);
    return this.#id;
  }
}
