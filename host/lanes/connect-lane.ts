import { Code, ConnectError, type ConnectRouter, createContextKey, type Interceptor } from "@connectrpc/connect";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EndedCall, OnCallEnd } from "../interceptors/call-end.ts";
import { callInfoKey } from "../interceptors/call-info.ts";
import { onStreamEnd } from "../interceptors/stream-end.ts";
import type { LaneOptions } from "./lane.ts";
import { clientLeft } from "./reset-reason.ts";

/** Serves calls through `@connectrpc/connect-fastify` as it is shipped: the reference. */
export function connectLane(app: FastifyInstance, options: LaneOptions): Promise<void> {
  return serveByConnect(app, options, options.routes);
}

/** Serves these routes through `@connectrpc/connect-fastify`. */
export async function serveByConnect(
  app: FastifyInstance,
  { maxMessageBytes, maxDeadlineMs, requestGate, interceptors, contextValues, shutdownSignal, onCallEnd }: LaneOptions,
  routes: (router: ConnectRouter) => void,
): Promise<void> {
  // Dear to load, and the host knows this lane also where it is not used.
  const { fastifyConnectPlugin } = await import("@connectrpc/connect-fastify");
  await app.register(fastifyConnectPlugin, {
    routes,
    shutdownSignal,
    readMaxBytes: maxMessageBytes,
    maxTimeoutMs: maxDeadlineMs,
    contextValues: request => contextValues(request).set(requestKey, request).set(startKey, performance.now()),
    ...(requestGate && { requestGate: onCallEnd ? tellRefused(requestGate, onCallEnd) : requestGate }),
    interceptors: onCallEnd ? [tellEnd(onCallEnd), ...interceptors] : [...interceptors],
  });
}

const requestKey = createContextKey<FastifyRequest | undefined>(undefined, { description: "Fastify's request" });
const startKey = createContextKey(0, { description: "start of the call" });

type Call = Pick<EndedCall, "method" | "values">;
type Gate = NonNullable<LaneOptions["requestGate"]>;

/** From here on the call's end is told, so its request's is not. */
function take({ values }: Call): void {
  const request = values.get(requestKey);
  if (request) request.becameCall = true;
}

function tell(onCallEnd: OnCallEnd, { method, values }: Call, error?: ConnectError): void {
  onCallEnd({ method, values, error, ms: performance.now() - values.get(startKey) });
}

/** Tells of calls that the gate refuses: these never come to an interceptor. */
function tellRefused(gate: Gate, onCallEnd: OnCallEnd): Gate {
  return async context => {
    try {
      await gate(context);
    } catch (error) {
      take(context);
      tell(onCallEnd, context, ConnectError.from(error, Code.Internal));
      throw error;
    }
  };
}

/** Tells of all others. To be the outermost. What is refused even before the gate has no call here, and is not told. */
function tellEnd(onCallEnd: OnCallEnd): Interceptor {
  return next => async request => {
    const { method, contextValues: values, signal } = request;
    const call = { method, values };
    take(call);
    let told = false;
    function end(error?: ConnectError) {
      if (told) return;
      told = true;
      tell(onCallEnd, call, error);
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
    signal.addEventListener("abort", abort, { once: true });
    try {
      const response = await next(request);
      if (!response.stream) {
        end();
        return response;
      }
      return { ...response, message: onStreamEnd(response.message, { completed: end, failed: fail, stopped: abort }) };
    } catch (error) {
      throw fail(error);
    }
  };
}
