import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import type { Metadata } from "../../protocol/metadata.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";

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

/** What a context is made of. */
export interface CallContextInit {
  readonly method: DescMethod;
  readonly requestMethod: string;
  readonly protocolName: ProtocolName;
  readonly url: string;
  readonly requestHeader: Metadata;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;
  readonly values: ContextValues;
  readonly timeoutMs?: (() => number) | undefined;
}

/** What a service knows of the call it answers. */
export class CallContext implements HandlerContext {
  readonly method: DescMethod;
  readonly service: DescService;
  readonly requestMethod: string;
  readonly protocolName: ProtocolName;
  readonly url: string;
  readonly requestHeader: Headers;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;
  readonly values: ContextValues;
  readonly timeoutMs: () => number | undefined;
  readonly [source]: SignalSource;

  constructor(init: CallContextInit, signals: SignalSource) {
    this.method = init.method;
    this.service = init.method.parent;
    this.requestMethod = init.requestMethod;
    this.protocolName = init.protocolName;
    this.url = init.url;
    this.requestHeader = init.requestHeader;
    this.responseHeader = init.responseHeader;
    this.responseTrailer = init.responseTrailer;
    this.values = init.values;
    this.timeoutMs = init.timeoutMs ?? noTimeout;
    this[source] = signals;
  }

  get signal(): AbortSignal {
    return this[source].signal;
  }
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
    this[source] = context[source];
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
  return { own, seen: { ...own, requestHeader, signal, values } };
}
