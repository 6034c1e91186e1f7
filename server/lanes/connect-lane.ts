import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import type { FastifyInstance } from "fastify";
import type { LaneOptions } from "./lane.ts";

/** Serves calls through `@connectrpc/connect-fastify` as it is shipped: the reference. */
export async function connectLane(app: FastifyInstance, options: LaneOptions): Promise<void> {
  const { maxMessageBytes, maxDeadlineMs, requestGate, interceptors, express: _, ...rest } = options;
  await app.register(fastifyConnectPlugin, {
    ...rest,
    ...(requestGate && { requestGate }),
    interceptors: [...interceptors],
    readMaxBytes: maxMessageBytes,
    maxTimeoutMs: maxDeadlineMs,
  });
}
