import { Code, ConnectError, type ConnectRouter, createContextKey, type Interceptor } from "@connectrpc/connect";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EndedCall } from "../interceptors/call-end.ts";
import { callInfoKey } from "../interceptors/call-info.ts";
import { traceparentOf } from "../interceptors/call-trace.ts";
import { onStreamEnd } from "../interceptors/stream-end.ts";
import { type CallMeter, ok } from "./call-meter.ts";
import type { LaneOptions } from "./lane.ts";
import { clientLeft } from "./reset-reason.ts";

/** Serves calls through `@connectrpc/connect-fastify` as it is shipped: the reference. */
export function connectLane(app: FastifyInstance, options: LaneOptions): Promise<void> {
  return serveByConnect(app, options, options.routes);
}

/** Serves these routes through `@connectrpc/connect-fastify`. */
export async function serveByConnect(
  app: FastifyInstance,
  { maxMessageBytes, maxDeadlineMs, requestGate, interceptors, contextValues, shutdownSignal, ...told }: LaneOptions,
  routes: (router: ConnectRouter) => void,
): Promise<void> {
  // Dear to load, and the host knows this lane also where it is not used.
  const { fastifyConnectPlugin } = await import("@connectrpc/connect-fastify");
  const { onCallEnd, meterOf } = told;
  const tells = onCallEnd !== undefined || meterOf !== undefined;
  await app.register(fastifyConnectPlugin, {
    routes,
    shutdownSignal,
    readMaxBytes: maxMessageBytes,
    maxTimeoutMs: maxDeadlineMs,
    contextValues: request => contextValues(request).set(requestKey, request).set(startKey, performance.now()),
    ...(requestGate && { requestGate: tells ? tellRefused(requestGate, told) : requestGate }),
    interceptors: tells ? [tellEnd(told), ...interceptors] : [...interceptors],
  });
}

const requestKey = createContextKey<FastifyRequest | undefined>(undefined, { description: "Fastify's request" });
const startKey = createContextKey(0, { description: "start of the call" });

type Call = Pick<EndedCall, "method" | "values">;
type Gate = NonNullable<LaneOptions["requestGate"]>;
type Told = Pick<LaneOptions, "onCallEnd" | "meterOf">;

/** From here on the call's end is told, so its request's is not. */
function take({ values }: Call): void {
  const request = values.get(requestKey);
  if (request) request.becameCall = true;
}

function ageOf({ values }: Call): number {
  return performance.now() - values.get(startKey);
}

function tell({ onCallEnd, meterOf }: Told, call: Call & { readonly header: Headers }, error?: ConnectError): void {
  const { method, values, header } = call;
  const ms = ageOf(call);
  const traceparent = traceparentOf(values, header);
  meterOf?.(method).ended(values.get(callInfoKey).protocol, error?.code ?? ok, ms, traceparent);
  onCallEnd?.({ method, values, error, ms, traceparent });
}

/** Tells of calls that the gate refuses: these never come to an interceptor. */
function tellRefused(gate: Gate, told: Told): Gate {
  return async context => {
    try {
      await gate(context);
    } catch (error) {
      const { method, values, requestHeader: header } = context;
      const call = { method, values, header };
      take(call);
      told.meterOf?.(method).began();
      tell(told, call, ConnectError.from(error, Code.Internal));
      throw error;
    }
  };
}

/** Tells of all others. To be the outermost. What is refused even before the gate has no call here, and is not told. */
function tellEnd(told: Told): Interceptor {
  return next => async request => {
    const { method, contextValues: values, signal, header } = request;
    const call = { method, values, header };
    const meter = told.meterOf?.(method);
    take(call);
    meter?.began();
    let ended = false;
    let answered = false;
    function end(error?: ConnectError) {
      if (ended) return;
      ended = true;
      tell(told, call, error);
    }
    function fail(error: unknown) {
      end(ConnectError.from(error, Code.Internal));
      return error;
    }
    // A handler that outlives its client is not heard any more, and a producer may never be asked again.
    function abort() {
      const reason = ConnectError.from(signal.reason, Code.Canceled);
      // gRPC aside, this lane sends what a handler returns after its deadline.
      const isHeard = reason.code === Code.DeadlineExceeded && values.get(callInfoKey).protocol !== "grpc";
      if (request.stream || !isHeard) end(clientLeft(reason));
    }
    function sent() {
      meter?.sent();
      if (!answered) meter?.answered(ageOf(call));
      answered = true;
    }
    signal.addEventListener("abort", abort, { once: true });
    try {
      const response = await next(counted(request, meter));
      if (!response.stream) {
        if (!ended) meter?.sent();
        end();
        return response;
      }
      const ends = { passed: sent, completed: end, failed: fail, stopped: abort };
      return { ...response, message: onStreamEnd(response.message, ends) };
    } catch (error) {
      throw fail(error);
    }
  };
}

type Request = Parameters<ReturnType<Interceptor>>[0];

/** The request, with its messages counted as they are read. */
function counted(request: Request, meter: CallMeter | undefined): Request {
  if (meter === undefined) return request;
  if (request.stream) return { ...request, message: onStreamEnd(request.message, { passed: () => meter.received() }) };
  meter.received();
  return request;
}
