import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { clientOf, peerOf } from "../interceptors/call-info.ts";
import type { ClientAddress } from "../interceptors/client-address.ts";

/** Told of a request that the host answers, when it comes. */
export type RequestLog = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Logs each HTTP request that never became a call, in one line when it is over: the page's files, unknown paths, and what
 * no lane takes for a call (content type, method). Level info.
 */
export function createRequestLog(log: Logger, clientAddress: ClientAddress): RequestLog {
  if (!log.isLevelEnabled("info")) return () => {};
  return (request, { raw: response }) => {
    const start = performance.now();
    const peer = peerOf(request);
    // Not by Fastify's onResponse: it is not run where the client left.
    response.once("close", () => {
      if (request.becameCall) return;
      const { raw, id } = request;
      log.info(
        {
          requestId: id,
          http: raw.httpVersion,
          method: raw.method,
          path: raw.url?.split("?", 1)[0],
          status: response.headersSent ? response.statusCode : undefined,
          ms: Number((performance.now() - start).toFixed(2)),
          peer,
          client: clientOf(request, clientAddress),
        },
        "request",
      );
    });
  };
}
