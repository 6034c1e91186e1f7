import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { Code, ConnectError } from "@connectrpc/connect";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Logger } from "pino";
import { type Access, createAccess } from "./access.ts";
import { browserSafety } from "./browser-safety.ts";
import type { Config } from "./config.ts";
import { callContextValues } from "./interceptors/call-info.ts";
import { createChain, createGate } from "./interceptors/chain.ts";
import { requestIdOf } from "./interceptors/request-id.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import { createOnePort } from "./listener/one-port.ts";
import { createLogger } from "./logger.ts";
import { answerNotFound } from "./not-found.ts";
import { page } from "./page.ts";
import { logRequests } from "./request-log.ts";
import { createRoutes } from "./services/routes.ts";

/** A server that is put together and does not listen yet. */
export interface App extends AsyncDisposable {
  /** The host, for further routes and hooks; not for `listen`. */
  readonly fastify: FastifyInstance;
  /** Who may call each method that is served. */
  readonly policies: Access["policies"];
  /** Listens where the settings say. Throws Node's error (EADDRINUSE, EACCES, …). */
  listen(): Promise<AddressInfo[]>;
  /**
   * Drains: streams end with UNAVAILABLE, connections with GOAWAY, unary calls in flight are finished within
   * `shutdownGraceMs`, then cut. Resolves when all is closed; later calls answer the same promise.
   */
  close(): Promise<void>;
  /** Cuts what `close` still waits for. */
  abort(): void;
}

/**
 * Puts the server together: services → chain → lane → listener. `log` is the one the settings ask for by default. Throws
 * `PolicyError` where a method does not say who may call it.
 */
export async function createApp(config: Config, log: Logger = createLogger(config)): Promise<App> {
  const routes = createRoutes({
    greeter: { serverId: hostname(), streamIntervalMs: config.greeterStreamIntervalMs },
  });
  const access = createAccess(config, log, routes);
  const onePort = createOnePort(config);
  const shutdown = new AbortController();
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    serverFactory: onePort.serverFactory,
    // The chain logs calls, in one line each.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: request => requestIdOf(request.headers),
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
  });

  logRequests(app, log);
  browserSafety(app, config);
  app.addHook("onRequest", answerNotFound);
  app.addHook("preClose", async () => {
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    await onePort.drain(config.shutdownGraceMs);
  });
  await connectLane(app, {
    routes,
    interceptors: createChain(access),
    requestGate: createGate(access),
    contextValues: callContextValues,
    maxMessageBytes: config.maxMessageBytes,
    maxDeadlineMs: config.maxDeadlineMs,
    shutdownSignal: shutdown.signal,
  });
  await page(app);

  let closed: Promise<void> | undefined;
  function close() {
    closed ??= app.close().then(() => undefined);
    return closed;
  }
  async function listen() {
    await app.ready();
    return onePort.listen(config);
  }
  const { policies } = access;
  return { fastify: app, policies, listen, close, abort: () => onePort.destroy(), [Symbol.asyncDispose]: close };
}
