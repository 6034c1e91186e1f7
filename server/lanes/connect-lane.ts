import type { FastifyInstance } from "fastify";
import type { LaneOptions } from "./lane.ts";

/** Serves calls through `@connectrpc/connect-fastify` as it is shipped: the reference. */
export async function connectLane(app: FastifyInstance, options: LaneOptions): Promise<void> {
  const {
    maxMessageBytes,
    maxDeadlineMs,
    requestGate,
    interceptors,
    express: _,
    inflationLimit: __,
    ...rest
  } = options;
  // Dear to load, and the host knows this lane also where it is not used.
  const { fastifyConnectPlugin } = await import("@connectrpc/connect-fastify");
  await app.register(fastifyConnectPlugin, {
    ...rest,
    ...(requestGate && { requestGate }),
    interceptors: [...interceptors],
    readMaxBytes: maxMessageBytes,
    maxTimeoutMs: maxDeadlineMs,
  });
}
