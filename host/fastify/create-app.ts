import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import { createClientAddress } from "../interceptors/client-address.ts";
import { answerHeaders, requestIdOf } from "../interceptors/request-id.ts";
import { hasOneHost } from "../lanes/one-host.ts";
import type { OnePort } from "../listener/one-port.ts";
import { lazySchemas, ownSchemas } from "./lazy-schemas.ts";
import { answerBadPath } from "./not-found.ts";
import { refuseRequest } from "./refuse-request.ts";
import { createRequestLog } from "./request-log.ts";

/** What the app of a host is made of. */
export interface AppParts extends Pick<OnePort, "serverFactory"> {
  readonly log: Logger;
  /** Addresses or CIDR blocks. */
  readonly trustedProxies: readonly string[];
}

/** Creates Fastify's instance: behind the port, with the host's log, request ids and headers, and its first hook. */
export function createApp({ serverFactory, log, trustedProxies }: AppParts): FastifyInstance {
  const logRequest = createRequestLog(log, createClientAddress(trustedProxies));
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    schemaController: lazySchemas,
    serverFactory,
    // The chain logs calls, in one line each.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: request => requestIdOf(request.headers),
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    frameworkErrors(_error, request, reply) {
      logRequest(request, reply);
      answerBadPath(request, reply.headers(answerHeaders(request)));
    },
  });
  ownSchemas(app);
  app.addHook("onRequest", (request, reply, done) => {
    logRequest(request, reply);
    reply.headers(answerHeaders(request));
    if (hasOneHost(request.raw.rawHeaders)) done();
    else refuseHosts(request, reply.header("connection", "close"));
  });
  return app;
}

function refuseHosts(request: FastifyRequest, reply: FastifyReply): void {
  const message = "a request must have one Host line";
  refuseRequest(request, reply, { status: 400, code: "invalid_argument", grpcStatus: 3, message });
}
