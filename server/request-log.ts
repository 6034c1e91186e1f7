import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { clientOf, isLoggedCall, peerOf } from "./interceptors/call-info.ts";
import type { ClientAddress } from "./interceptors/client-address.ts";
import type { RequestWatch } from "./lanes/lane.ts";

/**
 * Logs each HTTP request that never became a call, in one line when it is answered: the page's files, unknown paths, and
 * calls that were refused before the chain (content type, method, malformed message). Level info.
 *
 * Answers what is to be told of requests the host never sees; undefined where none is logged.
 */
export function logRequests(app: FastifyInstance, log: Logger, clientAddress: ClientAddress): RequestWatch | undefined {
  if (!log.isLevelEnabled("info")) return undefined;
  const over = new WeakMap<FastifyRequest, ReturnType<RequestWatch>>();
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
  app.addHook("onRequest", (request, _reply, done) => {
    over.set(request, watch(request));
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    done();
    over.get(request)?.(reply.raw.statusCode);
  });
  return watch;
}
