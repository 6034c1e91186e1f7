import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { context, propagation, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { codeName } from "../host/interceptors/call-end.ts";
import { onStreamEnd } from "../host/interceptors/stream-end.ts";
import { attribute, methodName } from "./conventions.ts";

/** How attempts are traced. */
export interface TraceAttemptsOptions {
  /** Defaults to the project's own, by the name `concierge`. */
  readonly tracer?: Tracer;
  /** What the conventions call the protocol that is spoken. Defaults to `connectrpc`. */
  readonly system?: "grpc" | "connectrpc";
}

/**
 * Makes a span of each attempt of a client's calls and sends it on, for the SDK's option `trace`, or as an interceptor of any client of
 * Connect's. It belongs to the span that is active where the call is made. Every error is one of the span's, as it is the
 * caller who missed what was asked for.
 */
export function traceAttempts({
  tracer = trace.getTracer("concierge"),
  system = "connectrpc",
}: TraceAttemptsOptions = {}): Interceptor {
  return next => async request => {
    const name = methodName(request.method);
    const attributes = { [attribute.system]: system, [attribute.method]: name };
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes });
    const active = trace.setSpan(context.active(), span);
    propagation.inject(active, request.header, { set: (header, key, value) => header.set(key, value) });
    function fail(error: unknown) {
      endSpan(span, ConnectError.from(error));
      return error;
    }
    try {
      const response = await context.with(active, () => next(request));
      if (response.stream) {
        const end = () => endSpan(span);
        return { ...response, message: onStreamEnd(response.message, { completed: end, stopped: end, failed: fail }) };
      }
      endSpan(span);
      return response;
    } catch (error) {
      throw fail(error);
    }
  };
}

function endSpan(span: Span, error?: ConnectError): void {
  const status = error ? codeName(error.code) : "OK";
  span.setAttribute(attribute.status, status);
  if (error) {
    span.setAttribute(attribute.errorType, status);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.rawMessage });
  }
  span.end();
}
