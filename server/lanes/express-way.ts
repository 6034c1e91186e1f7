import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { CallSource } from "../interceptors/call-source.ts";
import type { CallScope } from "./call.ts";
import { createCall } from "./create-call.ts";
import { createExchange } from "./create-exchange.ts";
import type { ExpressOptions } from "./lane.ts";
import type { Rpc } from "./rpc.ts";
import { carries, parseContentType } from "./wire-format.ts";

/**
 * Answers calls ahead of the host: its routing, request, reply and hooks cost several microseconds a call. What the
 * host's hooks do for such a call must be done in the gate or the chain.
 *
 * Those hooks guard against browsers (CORS, Host, security headers), and no browser sends what is taken here: POST
 * without `Origin`. All else is the host's: unknown paths, wrong methods and types, GET, bidi over HTTP/1.1, and what
 * comes through a proxy, as the host knows which of them to trust.
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
      const rpc = this.#rpcs.get(request.url ?? "");
      if (rpc === undefined || !this.#take(rpc, request, response)) host(request, response);
    };
  }

  /** Answers false where the request is the host's. */
  #take(rpc: Rpc, request: IncomingMessage, response: ServerResponse): boolean {
    const { headers } = request;
    if (request.method !== "POST" || isOfHost(headers)) return false;
    const format = parseContentType(headers["content-type"] ?? "");
    const isHttp1 = request.httpVersionMajor === 1;
    if (format === undefined || !carries(format, rpc) || (isHttp1 && rpc.spec.kind === "bidi_streaming")) return false;
    const scope = this.#scope as CallScope;
    const { accepts, requestId, watch } = this.#options as ExpressOptions;
    if (accepts && !accepts(headers)) return false;
    const source = new ExpressSource(request, this.#log as FastifyBaseLogger, requestId);
    if (watch) response.on("close", watch(source, response));
    const exchange = createExchange(request, response);
    createCall({ rpc, scope, format, exchange, source }).start();
    return true;
  }
}

/** Fields that only browsers send, one of them with every POST, and fields of proxies. */
function isOfHost(headers: IncomingHttpHeaders): boolean {
  return (
    headers.origin !== undefined ||
    headers["sec-fetch-site"] !== undefined ||
    headers["x-forwarded-for"] !== undefined ||
    headers.forwarded !== undefined
  );
}

/** Stands for the host's request. Its id is made when it is first asked for. */
class ExpressSource implements CallSource {
  readonly raw: IncomingMessage;
  readonly log: FastifyBaseLogger;
  readonly #requestId: ExpressOptions["requestId"];
  #id: string | undefined;

  constructor(request: IncomingMessage, log: FastifyBaseLogger, requestId: ExpressOptions["requestId"]) {
    this.raw = request;
    this.log = log;
    this.#requestId = requestId;
  }

  get id(): string {
    this.#id ??= this.#requestId(this.raw.headers);
    return this.#id;
  }
}
