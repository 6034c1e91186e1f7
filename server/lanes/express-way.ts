import type { IncomingMessage, RequestListener } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { FastifyBaseLogger } from "fastify";
import type { CallSource } from "../interceptors/call-source.ts";
import type { CallScope } from "./call.ts";
import { createCall } from "./create-call.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { ExpressOptions } from "./lane.ts";
import type { Rpc } from "./rpc.ts";
import { parseContentType } from "./wire-format.ts";

/** Fields that make a request the host's: browsers send the first with every POST, proxies the others. */
const hostFields = ["origin", "x-forwarded-for", "forwarded"];

/**
 * Answers gRPC over HTTP/2 ahead of the host: its routing, request, reply and hooks cost several microseconds a
 * call. What the host's hooks do for such a call must be done in the gate or the chain.
 *
 * Those hooks guard against browsers (CORS, Host, security headers), and no browser sends what is taken here: POST
 * without `Origin`. All else is the host's: other protocols and HTTP versions, unknown paths, wrong methods and types,
 * and what comes through a proxy, as the host knows which of them to trust.
 */
export class ExpressWay {
  readonly #rpcs = new Map<string, Rpc>();
  #log: FastifyBaseLogger | undefined;
  #scope: CallScope | undefined;
  #options: ExpressOptions | undefined;

  /** Starts to take calls of these RPCs. */
  open(log: FastifyBaseLogger, scope: CallScope, options: ExpressOptions, rpcs: readonly Rpc[]): void {
    this.#log = log;
    this.#scope = scope;
    this.#options = options;
    for (const rpc of rpcs) this.#rpcs.set(rpc.path, rpc);
  }

  /** The handler for a server: `host` gets what is not taken. */
  front(host: RequestListener): RequestListener {
    return (request, response) => {
      const rpc = request.httpVersionMajor === 2 ? this.#rpcs.get(request.url ?? "") : undefined;
      const h2 = [request, response] as unknown as [Http2ServerRequest, Http2ServerResponse];
      if (rpc === undefined || !this.#take(rpc, ...h2)) host(request, response);
    };
  }

  /** Answers false where the request is the host's. */
  #take(rpc: Rpc, request: Http2ServerRequest, response: Http2ServerResponse): boolean {
    const { headers } = request;
    if (request.method !== "POST" || hostFields.some(name => name in headers)) return false;
    const format = parseContentType(headers["content-type"] ?? "");
    if (format?.protocol !== "grpc") return false;
    const scope = this.#scope as CallScope;
    const { accepts, requestId, watch } = this.#options as ExpressOptions;
    if (accepts && !accepts(headers)) return false;
    const source = new ExpressSource(request, this.#log as FastifyBaseLogger, requestId);
    if (watch) response.on("close", watch(source, response));
    createCall(rpc, { scope, format, exchange: new Http2Exchange(request, response), source }).start();
    return true;
  }
}

/** Stands for the host's request. Its id is made when it is first asked for. */
class ExpressSource implements CallSource {
  readonly raw: IncomingMessage;
  readonly log: FastifyBaseLogger;
  readonly #requestId: ExpressOptions["requestId"];
  #id: string | undefined;

  constructor(request: Http2ServerRequest, log: FastifyBaseLogger, requestId: ExpressOptions["requestId"]) {
    this.raw = request as unknown as IncomingMessage;
    this.log = log;
    this.#requestId = requestId;
  }

  get id(): string {
    this.#id ??= this.#requestId(this.raw.headers);
    return this.#id;
  }
}
