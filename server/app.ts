import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { callContextValues } from "./interceptors/call-info.ts";
import { createChain } from "./interceptors/chain.ts";
import { requestIdOf } from "./interceptors/request-id.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import { openEndedPaths } from "./lanes/open-ended-paths.ts";
import { createOnePort } from "./listener/one-port.ts";
import type { SecureFrontOptions } from "./listener/secure-front.ts";
import { createLogger } from "./logger.ts";
import { answerNotFound } from "./not-found.ts";
import { page } from "./page.ts";
import { createRoutes } from "./services/routes.ts";

/** A server that is put together and does not listen yet. */
export interface App extends AsyncDisposable {
  /** The host, for further routes and hooks; not for `listen`. */
  readonly fastify: FastifyInstance;
  /** Listens where the settings say. Throws Node's error (EADDRINUSE, EACCES, …). */
  listen(): Promise<AddressInfo[]>;
  /**
   * Aborts when `close` is called, `shutdownDelayMs` before the drain: whoever is asked for readiness says no from
   * here on, while calls are still served.
   */
  readonly closing: AbortSignal;
  /**
   * Waits for `shutdownDelayMs`, then drains: streams end with UNAVAILABLE, connections with GOAWAY, unary calls in
   * flight are finished within `shutdownGraceMs`, then cut. Resolves when all is closed; later calls answer the same
   * promise.
   */
  close(): Promise<void>;
  /** Cuts what `close` still waits for. */
  abort(): void;
  /** Reads the certificates again, as happens by itself when their files change. */
  reloadCertificates(): void;
}

/** Puts the server together: services → chain → lane → listener. `log` is the one the settings ask for by default. */
export async function createApp(config: Config, log: Logger = createLogger(config)): Promise<App> {
  const routes = createRoutes({
    greeter: { serverId: hostname(), streamIntervalMs: config.greeterStreamIntervalMs },
  });
  const openEnded = openEndedPaths(routes);
  const onePort = createOnePort({
    limits: config,
    tls: tlsOptions(config, log),
    mayStayOpen: path => openEnded.has(path),
    onCut: (reason, peer) => log.debug({ reason, peer }, "connection cut"),
  });
  const closing = new AbortController();
  const forced = new AbortController();
  const shutdown = new AbortController();
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    serverFactory: onePort.serverFactory,
    // The chain logs calls, in one line each.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: request => requestIdOf(request.headers),
  });

  app.addHook("onRequest", answerNotFound);
  // Fastify answers 503 from the moment it closes: all that is to be served must be done before.
  app.addHook("preClose", drain);
  await connectLane(app, {
    routes,
    interceptors: createChain({ log }),
    contextValues: callContextValues,
    maxMessageBytes: config.maxMessageBytes,
    maxDeadlineMs: config.maxDeadlineMs,
    shutdownSignal: shutdown.signal,
  });
  await page(app);

  let drained: Promise<void> | undefined;
  function drain() {
    drained ??= drainOnce();
    return drained;
  }
  async function drainOnce() {
    closing.abort();
    onePort.announceDrain();
    // A second signal cuts the wait short.
    await setTimeout(config.shutdownDelayMs, undefined, { signal: forced.signal }).catch(() => undefined);
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    await onePort.drain(forced.signal.aborted ? 0 : config.shutdownGraceMs);
  }
  let closed: Promise<void> | undefined;
  function close() {
    closed ??= drain().then(() => app.close());
    return closed;
  }
  function abort() {
    forced.abort();
    onePort.destroy();
  }
  async function listen() {
    await app.ready();
    return onePort.listen(config);
  }
  return {
    fastify: app,
    listen,
    closing: closing.signal,
    close,
    abort,
    reloadCertificates: onePort.reloadCertificates,
    [Symbol.asyncDispose]: close,
  };
}

function tlsOptions({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: Config, log: Logger): SecureFrontOptions | undefined {
  if (!tlsCertFile || !tlsKeyFile) return undefined;
  return {
    certFile: tlsCertFile,
    keyFile: tlsKeyFile,
    clientCaFile: tlsClientCaFile,
    onReload(error) {
      if (error) log.error(`the certificates stay as they are: ${error.message}`);
      else log.info("the certificates were read again");
    },
  };
}
