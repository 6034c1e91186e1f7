import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type * as http2 from "node:http2";
import type { RequestHead } from "../../http2/request-head.ts";
import { carries, parseContentType, type WireFormat } from "../../protocol/wire-format.ts";
import type { CallSource, RawRequest } from "../interceptors/call-source.ts";
import type { CallScope } from "./call-scope.ts";
import { parseGet } from "./connect-get.ts";
import { createCall } from "./create-call.ts";
import { EngineExchange } from "./engine-exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { AskedFor, Begin, Express, ExpressOptions } from "./lane.ts";
import type { LaneConnection } from "./lane-connection.ts";
import { hasOneHost } from "./one-host.ts";
import type { Rpc } from "./rpc.ts";
import type { ServerStream } from "./server-stream.ts";
import { StreamRequest } from "./stream-request.ts";

/** What a request asks for that may be taken. */
interface Route {
  readonly begin: Begin;
  /** Whether our own HTTP/1.1 serves it: without trailers, and not bidi, which would wait for ever for its replies. */
  readonly isPlain: boolean;
}

function isPlain({ spec }: Rpc, { headers }: AskedFor): boolean {
  return spec.kind !== "bidi_streaming" && parseContentType(String(headers["content-type"]))?.protocol !== "grpc";
}

/** What the heads are marked with that are the host's. */
const hosts = "the host's";

/**
 * Answers calls ahead of the host: its routing, request, reply and hooks cost several microseconds a call. What the
 * host's hooks do for such a call must be done in the gate or the chain.
 *
 * Those hooks guard against browsers (CORS, Host, security headers), and no browser of today sends what is taken here:
 * requests without `Origin` and `Sec-Fetch-Site`. A GET, which an older one may send, has its headers by `readHeaders`.
 * All else is the host's: unknown paths, wrong methods and types, queries but that of Connect's GET, and bidi over HTTP/1.1.
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

  take(stream: ServerStream, client: LaneConnection): boolean {
    const route = this.#routeOf(stream.request);
    if (route === undefined) return false;
    const exchange = new EngineExchange(stream, client, this.#options);
    route.begin(exchange, exchange);
    return true;
  }

  takesOverHttp1(head: RequestHead): boolean {
    return this.#routeOf(head)?.isPlain ?? false;
  }

  /** Heads of the same bytes come as one object: what was found for it is kept there. */
  #routeOf(head: RequestHead): Route | undefined {
    head.route ??= this.#findRoute(head) ?? hosts;
    return head.route === hosts ? undefined : (head.route as Route);
  }

  #findRoute(head: RequestHead): Route | undefined {
    const { method, path: url } = head;
    const rpc = this.#rpcAt(url);
    const begin = this.#find(rpc, { method, url, headers: head.headers as IncomingHttpHeaders }, head);
    return begin && { begin, isPlain: rpc === undefined || isPlain(rpc, head) };
  }

  /** The RPC of a path, whatever its query is. */
  #rpcAt(url = ""): Rpc | undefined {
    const mark = url.indexOf("?");
    return this.#rpcs.get(mark < 0 ? url : url.slice(0, mark));
  }

  takeRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const rpc = this.#rpcAt(request.url);
    // Over HTTP/1.1 bidi would wait for ever for its answers: the host says so.
    if (rpc?.spec.kind === "bidi_streaming") return false;
    const { headers } = request;
    const begin = this.#find(rpc, request, { authority: undefined, headers });
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
    const rpc = this.#rpcAt(headers[":path"]);
    if (rpc === undefined && this.#options.findOther === undefined) return false;
    const request = new StreamRequest(stream, headers, rawHeaders);
    const begin = this.#find(rpc, request, { authority: headers[":authority"], headers });
    if (begin === undefined) return false;
    const source = this.#sourceOf(request);
    begin(new Http2Exchange(stream, headers, { answerHeaders: this.#headersOf(source) }), source);
    return true;
  }

  /** The call that may be taken; undefined where the request is the host's. */
  #find(
    rpc: Rpc | undefined,
    request: Pick<RawRequest, "method" | "url" | "headers">,
    asked: AskedFor,
  ): Begin | undefined {
    if (this.#isOfHost(asked)) return undefined;
    if (rpc === undefined) return this.#options.findOther?.(request);
    const { method, url } = request;
    if (method === "GET") return this.#findGet(rpc, url ?? "", asked);
    const format = method === "POST" && url === rpc.path ? formatOf(rpc, asked) : undefined;
    if (format === undefined) return undefined;
    return (exchange, source) => createCall({ rpc, scope: this.#scope, format, exchange, source }).start();
  }

  /** Connect's GET, as far as it is one: without side effects, in a known encoding, and without a type of a body. */
  #findGet(rpc: Rpc, url: string, { headers }: AskedFor): Begin | undefined {
    if (!rpc.allowsGet || headers["content-type"] !== undefined) return undefined;
    const query = parseGet(url);
    const { format } = query;
    if (format === undefined) return undefined;
    const { readHeaders } = this.#options;
    return (exchange, source) => {
      createCall({ rpc, scope: this.#scope, format, exchange, source, readHeaders }, query).start();
    };
  }

  /** By fields that only browsers send, one of them with every POST, and by the host's own rule. */
  #isOfHost(asked: AskedFor): boolean {
    const { headers } = asked;
    if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) return true;
    const { accepts } = this.#options;
    return accepts !== undefined && !accepts(asked);
  }

  #sourceOf(request: RawRequest): CallSource {
    return new ExpressSource(request, this.#options.requestId);
  }

  #headersOf(source: CallSource): () => Record<string, string> {
    return () => this.#options.answerHeaders?.(source) ?? {};
  }
}

/** The format of a POST; undefined where no call of this RPC has such a content type. */
function formatOf(rpc: Rpc, { headers }: AskedFor): WireFormat | undefined {
  const type = headers["content-type"];
  const format = typeof type === "string" ? parseContentType(type) : undefined;
  return format && carries(format, rpc) ? format : undefined;
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
