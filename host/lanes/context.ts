import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { Metadata } from "../../protocol/metadata.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import type { Exchange } from "./exchange.ts";

/** Where a signal comes from: making one costs more than the rest of a context, and most calls never look at it. */
export interface SignalSource {
  readonly signal: AbortSignal;
}

const source = Symbol("signal source");
const contextOfRequest = Symbol("handler context");

/** An own property, so that it survives a copy by `{ ...request }`, as interceptors make; and a getter, so that it costs nothing until then. */
const lazySignal: PropertyDescriptor & ThisType<{ [source]: SignalSource }> = {
  get() {
    return this[source].signal;
  },
  enumerable: true,
  configurable: true,
};

function noTimeout(): undefined {
  return undefined;
}

/** The call that a context tells of. */
export interface ContextCall extends SignalSource {
  readonly method: DescMethod;
  readonly protocolName: ProtocolName;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;
  readonly values: ContextValues;
  readonly timeoutMs: (() => number) | undefined;
  /** Nothing is written any more. */
  readonly ended: boolean;
}

/** What a service knows of the call it answers. Each part is made when it is asked for: most calls ask for few. */
export class CallContext implements HandlerContext {
  readonly #call: ContextCall;
  readonly #exchange: Exchange;
  #requestHeader: Metadata | undefined = undefined;

  constructor(call: ContextCall, exchange: Exchange) {
    this.#call = call;
    this.#exchange = exchange;
  }

  get method(): DescMethod {
    return this.#call.method;
  }
  get service(): DescService {
    return this.#call.method.parent;
  }
  get requestMethod(): string {
    return this.#exchange.method;
  }
  get protocolName(): ProtocolName {
    return this.#call.protocolName;
  }
  get url(): string {
    return this.#exchange.url;
  }
  get requestHeader(): Metadata {
    this.#requestHeader ??= new Metadata(this.#exchange.headers);
    return this.#requestHeader;
  }
  get responseHeader(): Metadata {
    return this.#call.responseHeader;
  }
  get responseTrailer(): Metadata {
    return this.#call.responseTrailer;
  }
  get values(): ContextValues {
    return this.#call.values;
  }
  get timeoutMs(): () => number | undefined {
    return this.#call.timeoutMs ?? noTimeout;
  }
  get signal(): AbortSignal {
    return this.#call.signal;
  }
  /** Where the signal comes from, for what stands for this one. */
  get signals(): SignalSource {
    return this.#call;
  }

  /** Makes the headers and trailers of a reply the call's, unless it is over: an interceptor may answer with its own. */
  adopt(header: Headers, trailer: Headers): void {
    const { ended, responseHeader, responseTrailer } = this.#call;
    if (ended) return;
    replace(responseHeader, header);
    replace(responseTrailer, trailer);
  }
}

function replace(fields: Metadata, by: Headers): void {
  if (by === fields) return;
  for (const key of [...fields.keys()]) fields.delete(key);
  by.forEach((value, key) => {
    fields.append(key, value);
  });
}

/** What interceptors get: Connect's `UnaryRequest` and `StreamRequest`. */
export class CallRequest<Stream extends boolean, M extends Message | AsyncIterable<Message>> {
  readonly stream: Stream;
  readonly message: M;
  readonly method: DescMethod;
  readonly service: DescService;
  readonly requestMethod: string;
  readonly url: string;
  readonly header: Headers;
  readonly contextValues: ContextValues;
  declare readonly signal: AbortSignal;
  readonly [source]: SignalSource;
  readonly [contextOfRequest]: CallContext;

  constructor(context: CallContext, stream: Stream, message: M) {
    this.stream = stream;
    this.message = message;
    this.method = context.method;
    this.service = context.service;
    this.requestMethod = context.requestMethod;
    this.url = context.url;
    this.header = context.requestHeader;
    this.contextValues = context.values;
    this[source] = context.signals;
    this[contextOfRequest] = context;
    Object.defineProperty(this, "signal", lazySignal);
  }
}

/** The fields of a request that an interceptor may replace. */
interface Replaceable {
  readonly header: Headers;
  readonly signal: AbortSignal;
  readonly contextValues: ContextValues;
}

/**
 * The context for the handler that a request arrived at: the call's own, or where interceptors passed on a copy, one with
 * what they replaced. Throws where they passed on an object of their own making, not a copy.
 */
export function contextOf(request: Replaceable): { readonly own: CallContext; readonly seen: HandlerContext } {
  const own = (request as { [contextOfRequest]?: CallContext })[contextOfRequest];
  if (own === undefined) throw new Error("an interceptor passed on a request that is no copy of the one it was given");
  if (request instanceof CallRequest) return { own, seen: own };
  const { header: requestHeader, signal, contextValues: values } = request;
  const { method, service, requestMethod, protocolName, url, responseHeader, responseTrailer, timeoutMs } = own;
  const kept = { method, service, requestMethod, protocolName, url, responseHeader, responseTrailer, timeoutMs };
  return { own, seen: { ...kept, requestHeader, signal, values } };
}
