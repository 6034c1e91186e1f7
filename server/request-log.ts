import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { clientOf, isLoggedCall, peerOf } from "./interceptors/call-info.ts";
import type { ClientAddress } from "./interceptors/client-address.ts";
import type { RequestWatch } from "./lanes/lane.ts";

/**
 * Logs each HTTP request that never became a call, in one line when it is over: the page's files, unknown paths, and
 * calls that were refused before the chain (content type, method, malformed message). Level info.
 *
 * Answers what is to be told of requests the host never sees; undefined where none is logged.
 */
export function logRequests(app: FastifyInstance, log: Logger, clientAddress: ClientAddress): RequestWatch | undefined {
  if (!log.isLevelEnabled("info")) return undefined;
  const watch: RequestWatch = source => {
    const start = performance.now();
    const peer = peerOf(source);
    return status => {
      if (isLoggedCall(source)) return;
      const { raw } = source;
      log.info(
        {
          requestId: source.id,
          http: raw.httpVersion,
          method: raw.method,
          path: raw.url?.split("?", 1)[0],
          status,
          ms: Number((performance.now() - start).toFixed(2)),
          peer,
          client: clientOf(source, clientAddress),
        },
        "request",
      );
    };
  };
  app.addHook("onRequest", (request, { raw }, done) => {
    const over = watch(request);
    // Fastify's onResponse is not run where the client left before there was an answer.
    raw.once("close", () => over(raw.headersSent ? raw.statusCode : undefined));
    done();
  });
  return watch;
}
