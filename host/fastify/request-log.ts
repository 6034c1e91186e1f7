import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { clientOf, failureOf, isLoggedCall, peerOf } from "../interceptors/call-info.ts";
import type { ClientAddress } from "../interceptors/client-address.ts";
import { codeName } from "../interceptors/logging.ts";
import type { RequestWatch } from "../lanes/lane.ts";

/**
 * Logs each HTTP request that never became a call, in one line when it is over: the page's files, unknown paths, and
 * calls that were refused before the chain (content type, method, malformed message), the last with the code that their
 * client got, which gRPC sends with status 200. Level info.
 * Undefined where the log takes none.
 */
export function createRequestLog(log: Logger, clientAddress: ClientAddress): RequestWatch | undefined {
  if (!log.isLevelEnabled("info")) return undefined;
  return source => {
    const start = performance.now();
    const peer = peerOf(source);
    return status => {
      if (isLoggedCall(source)) return;
      const { raw } = source;
      const failure = failureOf(source);
      log.info(
        {
          requestId: source.id,
          http: raw.httpVersion,
          method: raw.method,
          path: raw.url?.split("?", 1)[0],
          status,
          code: failure && codeName(failure),
          ms: Number((performance.now() - start).toFixed(2)),
          peer,
          client: clientOf(source, clientAddress),
        },
        "request",
      );
    };
  };
}

/** Has `watch` told of a request that the host answers. Not by Fastify's onResponse: it is not run where the client left. */
export function watchReply(watch: RequestWatch | undefined, request: FastifyRequest, { raw }: FastifyReply): void {
  const over = watch?.(request);
  if (over) raw.once("close", () => over(raw.headersSent ? raw.statusCode : undefined));
}
