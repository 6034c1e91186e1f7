import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { isLoggedCall, peerOf } from "./interceptors/call-info.ts";

/**
 * Logs each HTTP request that never became a call, in one line when it is answered: the page's files, unknown paths, and
 * calls that were refused before the chain (content type, method, malformed message). Level info.
 */
export function logRequests(app: FastifyInstance, log: Logger): void {
  if (!log.isLevelEnabled("info")) return;
  const peers = new WeakMap<FastifyRequest, string>();
  app.addHook("onRequest", (request, _reply, done) => {
    peers.set(request, peerOf(request));
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    done();
    if (isLoggedCall(request)) return;
    const path = request.url.split("?", 1)[0];
    log.info(
      {
        requestId: request.id,
        http: request.raw.httpVersion,
        method: request.method,
        path,
        status: reply.raw.statusCode,
        ms: Number(reply.elapsedTime.toFixed(2)),
        peer: peers.get(request),
      },
      "request",
    );
  });
}
