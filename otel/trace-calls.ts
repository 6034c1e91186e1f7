import { isIP } from "node:net";
import {
  createContextKey,
  type HandlerContext,
  type Interceptor,
  type StreamResponse,
  type UnaryResponse,
} from "@connectrpc/connect";
import {
  type Context,
  context,
  createContextKey as createOtelKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { callerKey } from "../host/auth/caller.ts";
import { codeName, type EndedCall, isServerError } from "../host/interceptors/call-end.ts";
import { callInfoKey } from "../host/interceptors/call-info.ts";
import { spanKey } from "../host/interceptors/call-trace.ts";
import type { Tracing } from "../host/interceptors/tracing.ts";
import { type UnaryStep, withUnaryStep } from "../host/interceptors/unary-step.ts";
import { formatTraceparent } from "../protocol/traceparent.ts";
import { bindIterable } from "./bind.ts";
import { attribute, methodName, systemOf } from "./conventions.ts";

/** How calls are traced. */
export interface TraceCallsOptions {
  /** Defaults to the project's own, by the name `concierge`. */
  readonly tracer?: Tracer;
  /**
   * Whose traces go on here: a caller that is trusted says whether a call is recorded, and is the span's parent. Of any other the
   * trace is linked, and a new one begins. `signed-in` trusts callers with a token. Defaults to `signed-in`.
   */
  readonly trust?: "everybody" | "signed-in" | "nobody";
  /**
   * Share of the calls without a trusted trace that have a span, from 0 to 1. The others cost next to nothing, as no sampler is asked.
   * Defaults to 1.
   */
  readonly ratio?: number;
  /**
   * Whether what those other calls call has no spans either: they run in a context of OpenTelemetry's that says so, which is most of
   * their cost. `false` is for a server whose services make no spans of their own. Defaults to true.
   */
  readonly suppress?: boolean;
}

/** The context in which a call runs, with its span. */
const activeKey = createContextKey<Context | undefined>(undefined, { description: "OpenTelemetry's context" });

/**
 * Makes a span of each call, through OpenTelemetry's API, for a host's option `tracing`. It lasts from the call's headers to its end, a
 * stream's whole life, and is an error where the code says that the fault is the server's. What a service does within the call
 * finds the span active. Names and attributes are those of the stable RPC conventions (1.45).
 */
export function traceCalls({
  tracer = trace.getTracer("concierge"),
  trust = "signed-in",
  ratio = 1,
  suppress = true,
}: TraceCallsOptions = {}): Tracing {
  function isTrusted({ values }: Pick<HandlerContext, "values">): boolean {
    return trust === "everybody" || (trust === "signed-in" && !values.get(callerKey).anonymous);
  }

  const spared = suppress ? suppressed : unchanged;

  /** Draws whether a call is one of those without a span. */
  function isSpared(): boolean {
    return ratio < 1 && Math.random() >= ratio;
  }

  /** Whether a trusted caller has decided for this call. */
  function goesOn(call: HandlerContext): boolean {
    return (
      isTrusted(call) &&
      trace.getSpanContext(propagation.extract(ROOT_CONTEXT, call.requestHeader, getter)) !== undefined
    );
  }

  function startSpan(
    call: Pick<EndedCall, "method" | "values">,
    headers: Headers | undefined,
    startTime: number,
  ): Context {
    const { method, values } = call;
    const { protocol, peer } = values.get(callInfoKey);
    const remote = headers ? propagation.extract(ROOT_CONTEXT, headers, getter) : ROOT_CONTEXT;
    const caller = trace.getSpanContext(remote);
    const parent = caller && !isTrusted(call) ? trace.deleteSpan(remote) : remote;
    const name = methodName(method);
    const span = tracer.startSpan(
      name,
      {
        kind: SpanKind.SERVER,
        startTime,
        links: caller && parent !== remote ? [{ context: caller }] : [],
        attributes: { [attribute.system]: systemOf(protocol), [attribute.method]: name, ...peerAttributes(peer) },
      },
      parent,
    );
    const { traceId, spanId, traceFlags: flags } = span.spanContext();
    values.set(spanKey, formatTraceparent({ traceId, spanId, flags }));
    return trace.setSpan(parent, span);
  }

  return {
    begin(call) {
      if (isSpared() && !goesOn(call)) {
        call.values.set(activeKey, spared);
        return;
      }
      const startTime = timeOf(call.values.get(callInfoKey).start);
      call.values.set(activeKey, startSpan(call, call.requestHeader, startTime));
    },
    interceptor: withUnaryStep(inContext, unaryInContext),
    end(call) {
      const { values, ms } = call;
      const known = values.get(activeKey);
      if (known === spared || (known === undefined && isSpared())) return;
      const span = trace.getSpan(known ?? startSpan(call, undefined, timeOf(performance.now() - ms)));
      if (span) endSpan(span, call);
    },
  };
}

/** Runs a call in its context, where it has one. */
const inContext: Interceptor = next => request => {
  const active = request.contextValues.get(activeKey);
  if (active === undefined || active === unchanged) return next(request);
  const replied = context.with(active, next, undefined, request);
  return request.stream ? replied.then(response => bindResponse(active, response)) : replied;
};

/** The same of unary calls, which need no promise for it. */
function unaryInContext(next: UnaryStep): UnaryStep {
  return (call, message) => {
    const active = call.values.get(activeKey);
    if (active === undefined || active === unchanged) return next(call, message);
    return context.with(active, next, undefined, call, message);
  };
}

function endSpan(span: Span, { error }: EndedCall): void {
  const status = error ? codeName(error.code) : "OK";
  span.setAttribute(attribute.status, status);
  if (error && isServerError(error.code)) {
    span.setAttribute(attribute.errorType, status);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.rawMessage });
  }
  span.end();
}

/** As the SDK's `suppressTracing` has it: no span is made within it, and nothing is sent on. */
const suppressed = ROOT_CONTEXT.setValue(createOtelKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING"), true);

/** Stands for the context in which a call comes: it is not entered. */
const unchanged = ROOT_CONTEXT;

function bindResponse(active: Context, response: UnaryResponse | StreamResponse): UnaryResponse | StreamResponse {
  return response.stream ? { ...response, message: bindIterable(active, response.message) } : response;
}

const getter: TextMapGetter<Headers> = {
  get: (headers, name) => headers.get(name) ?? undefined,
  keys: headers => [...headers.keys()],
};

/** Milliseconds since 1970 of a time on `performance.now`. */
function timeOf(now: number): number {
  return performance.timeOrigin + now;
}

function peerAttributes(peer: string) {
  const [, address = "", port] = /^\[?(.*?)\]?:(\d+)$/.exec(peer) ?? [];
  return isIP(address) ? { [attribute.peerAddress]: address, [attribute.peerPort]: Number(port) } : {};
}
